"""Los formularios de las matrices: si lo escrito tiene sentido, con mensajes que se entienden."""
