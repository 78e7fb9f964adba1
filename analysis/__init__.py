"""Frames in; small frames, numbers and figures out. No network, no disk, no screen, no words."""
