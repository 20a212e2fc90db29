"""The warehouse of administrative-reform reports: from the exports of three systems to the figures of a period."""
