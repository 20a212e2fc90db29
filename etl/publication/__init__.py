"""Publish: releases, revisions, explanations, forms, and what checks a written report."""
