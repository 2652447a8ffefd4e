// The model's three intrinsics, written by hand on both sides (generators/model/arith.py).
export const arith = {
  largest: (a, b) => (a >= b ? a : b),
  smallest: (a, b) => (a <= b ? a : b),
  whole: Math.floor,
};
