"""The schema as numbered SQL files, one per version: `0001_….sql` makes version 1. A released file is never changed."""
