"""What the shop intends and may do: people, services, tills, grants, pads of slips, and each country's law page."""
