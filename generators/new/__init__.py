"""Skeletons of what a contributor writes by hand: they pass every check as they stand and say what to fill in."""
