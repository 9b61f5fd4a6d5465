"""Lo que se escribe en las matrices, con mensajes que entiende quien planifica."""
