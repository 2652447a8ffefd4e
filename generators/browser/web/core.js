// What every live figure needs, and the first of them.  Loaded before any other bundle, which finds these names on it.
import { FIRST } from "./widget_roofline.js";
import { kinds } from "./widget.js";

export const first = kinds[FIRST];
