"""Count, figure and prove: what happened per unit and day, the indicators of a period, and whether they agree."""
