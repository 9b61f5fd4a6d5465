"""Las páginas de las matrices: buscar, preguntar, delegar en `flujo` y responder."""
