"""Split and load: bad rows leave with their reasons, good ones are merged by key, whatever the order of arrival."""
