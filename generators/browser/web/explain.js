// A value with its derivation: shown on hover, on focus and on tap, closed with Escape, told to screen readers.
import { element, freshId } from "./controls.js";

export function explainer() {
  const tip = element("div", { role: "tooltip", id: freshId("tip"), class: "mb-tip", hidden: true });
  let over = null;
  const show = (button) => {
    over = button;
    tip.textContent = button.why;
    tip.hidden = false;
    button.setAttribute("aria-describedby", tip.id);
    const [at, frame] = [button.getBoundingClientRect(), tip.parentElement.getBoundingClientRect()];
    tip.style.top = `${at.bottom - frame.top + 4}px`;
    tip.style.left = `${Math.max(0, Math.min(at.left - frame.left, frame.width - tip.offsetWidth))}px`;
  };
  const hide = (button) => {
    if (over !== button) return;
    tip.hidden = true;
    button.removeAttribute("aria-describedby");
    over = null;
  };
  const leave = (button) => { if (document.activeElement !== button) hide(button); }; // a tap may end with a leave of its own
  const value = () => {
    const button = element("button", { type: "button", class: "mb-why" });
    button.addEventListener("mouseenter", () => show(button));
    button.addEventListener("mouseleave", (event) => { if (event.relatedTarget !== tip) leave(button); });
    button.addEventListener("focus", () => show(button));
    button.addEventListener("blur", () => hide(button));
    button.addEventListener("click", () => show(button));
    button.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(button); });
    return button;
  };
  tip.addEventListener("mouseleave", () => { if (over) leave(over); });
  const set = (button, words, why) => {
    button.textContent = words;
    button.why = why;
    if (over === button) tip.textContent = why;
  };
  return { tip, value, set };
}
