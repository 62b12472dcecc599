"""Application Auto Scaling's stand-in: targets and policies are kept and checked; nothing scales."""
