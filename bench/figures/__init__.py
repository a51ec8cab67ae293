"""What the bench scripts share: the shape of a figure, a journal of any length, a box as a process, tills that press hard."""
