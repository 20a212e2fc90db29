"""The report checker: what a written report says that cannot all be true. Rules, no model."""
