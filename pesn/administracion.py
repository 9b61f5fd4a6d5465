"""El sitio de cuentas y catálogos: entra sólo quien administra, por la misma puerta que todos."""

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.utils.decorators import method_decorator


class Administracion(AdminSite):
    """Sin entrada propia: los límites y el segundo factor de la puerta común valen aquí."""

    site_header = "Administración"
    site_title = "Administración"
    index_title = "Cuentas y catálogos"
    site_url = None
    enable_nav_sidebar = True

    @method_decorator(secure_admin_login)
    def login(self, request, extra_context=None):
        return super().login(request, extra_context)
