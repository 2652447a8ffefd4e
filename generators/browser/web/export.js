// The view as files: SVG with its colours written in, PNG at twice the size, CSV; and as a citation.
const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order", "font-family", "font-size", "font-weight"];

export function standalone(svg, title, description) {
  const copy = svg.cloneNode(true);
  const [from, to] = [[...svg.querySelectorAll("*")], [...copy.querySelectorAll("*")]];
  from.forEach((node, at) => {
    const computed = getComputedStyle(node);
    for (const name of STYLES) to[at].setAttribute(name, computed.getPropertyValue(name));
    to[at].removeAttribute("class");
  });
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const ground = document.createElementNS(svg.namespaceURI, "rect");
  const colour = getComputedStyle(document.body).getPropertyValue("--mb-surface").trim() || "#ffffff";
  Object.entries({ width, height, fill: colour }).forEach(([name, value]) => ground.setAttribute(name, value));
  const words = ["title", "desc"].map((tag, at) => {
    const node = document.createElementNS(svg.namespaceURI, tag);
    node.textContent = [title, description][at];
    return node;
  });
  copy.prepend(...words, ground);
  Object.entries({ width, height, xmlns: svg.namespaceURI }).forEach(([name, value]) => copy.setAttribute(name, value));
  copy.removeAttribute("class");
  return new XMLSerializer().serializeToString(copy);
}

export function download(name, type, content) {
  const link = document.createElement("a");
  link.download = name;
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export async function png(svgText, width, height) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * 2;
  canvas.height = height * 2;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

// Into the clipboard where the page may; else the words stay selected in a field, to be copied by hand.
export async function copyText(words, field) {
  field.value = words;
  field.hidden = false;
  field.select();
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    return false;
  }
}
