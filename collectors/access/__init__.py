"""What a call to a network needs: its address, its answer, and leave to spend."""
