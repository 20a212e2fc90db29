"""Migrate: a database is brought up to date with this release: schema, changed contracts, reference data, counts."""
