"""The two engines, the draws they share, and what they count. The rules are in `semantics.md`."""
