"""Releasing an edition: what must hold first, and the commit of the publishing branch."""
