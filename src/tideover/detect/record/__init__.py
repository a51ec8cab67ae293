"""What was seen, kept: a week of looks, and each time that a service went away and came back."""
