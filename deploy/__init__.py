"""What sets Lectern up: the virtual environment, and the checks of the Compose and Render files."""
