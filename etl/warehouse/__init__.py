"""Where all is kept: the connection to PostgreSQL, the tables of contracts, the locks, a server of one's own."""
