"""Pictures of worlds: frames as data (`vocabulary`), and what draws them (`canvas`, `svg`)."""
