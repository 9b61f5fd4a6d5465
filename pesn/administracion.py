"""El sitio de cuentas y catálogos: entra sólo quien administra, por la misma puerta que todos."""

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.shortcuts import redirect
from django.utils.decorators import method_decorator

PROPIAS = {"instituciones", "acciones"}


class Administracion(AdminSite):
    """Sin entrada propia: los límites y el segundo factor de la puerta común valen aquí.

    Lo que las bibliotecas inscriben por su cuenta (correos, sesiones, segundos factores) no entra.
    """

    site_header = "Administración"
    site_title = "Administración"
    index_title = "Cuentas y catálogos"
    site_url = "/"

    def register(self, model_or_iterable, admin_class=None, **options):
        modelos = (
            model_or_iterable
            if isinstance(model_or_iterable, list | tuple)
            else [model_or_iterable]
        )
        propios = [modelo for modelo in modelos if modelo._meta.app_label in PROPIAS]
        super().register(propios, admin_class, **options)

    @method_decorator(secure_admin_login)
    def login(self, request, extra_context=None):
        return super().login(request, extra_context)

    def password_change(self, request, extra_context=None):
        """La contraseña se cambia donde todos, y queda constancia."""
        return redirect("account_change_password")
