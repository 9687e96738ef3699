"""Text to values that know their place, all that is wrong reported together: `read`, `nodes`, `fields`, `problems`."""
