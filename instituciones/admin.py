"""Cuentas y catálogos, para quien administra; lo demás no se inscribe aquí."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME as MARCADAS
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, ValidationError
from django.db import DataError, models
from django.db.models import Count, Max, Q
from django.http import HttpResponseRedirect
from django.utils import timezone

from instituciones import clientes, cuentas, entregas, suscripciones
from instituciones.bitacora import asiento, constancia
from instituciones.mensajero import Falla
from instituciones.models import (
    Alcance,
    ClienteSistema,
    Entrega,
    Evento,
    Feriado,
    GrupoInstitucional,
    Institucion,
    PertenenciaGrupo,
    ResolucionReserva,
    Suscripcion,
    Usuario,
)
from instituciones.textos import TextoField

TEXTOS: dict[type[models.Field], dict[str, Any]] = {
    models.CharField: {"form_class": TextoField},
    models.TextField: {"form_class": TextoField},
}
AJENA = "Otra persona cambió esta cuenta mientras tanto; no se guardó nada. Así está ahora."


class ListaLegible(ChangeList):
    """Un filtro escrito a mano que la base no puede leer vuelve a la lista, y no es una falla."""

    def get_results(self, request):
        try:
            super().get_results(request)
        except (DataError, OverflowError, ValueError) as motivo:
            raise IncorrectLookupParameters(motivo) from motivo


class Constante(admin.ModelAdmin):
    """Cada guardado deja su asiento, al final de la misma transacción; nada se borra."""

    se_borra = False
    formfield_overrides = TEXTOS

    def get_changelist(self, request, **kwargs):
        return ListaLegible

    def get_queryset(self, request):
        filas = self.model.objects.visibles_para(request.user)
        return filas.order_by(*self.get_ordering(request) or self.model._meta.ordering)

    def response_action(self, request, queryset, *args, **kwargs):
        """Lo marcado son claves de la lista: lo demás lo escribió alguien a mano."""
        if not all(una.isascii() and una.isdecimal() for una in request.POST.getlist(MARCADAS)):
            raise BadRequest("Lo marcado no es de esta lista.")
        return super().response_action(request, queryset, *args, **kwargs)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        modelo = db_field.remote_field.model
        kwargs.setdefault("queryset", modelo.objects.visibles_para(request.user))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request, obj=None):
        return self.se_borra and super().has_delete_permission(request, obj)

    def changeform_view(self, request, *args, **kwargs):
        with constancia():
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        datos = {campo: str(form.cleaned_data[campo]) for campo in form.changed_data}
        self._asentar("cambiar" if change else "crear", request, obj, datos)

    def delete_model(self, request, obj):
        with constancia():
            self._asentar("borrar", request, obj, {"era": str(obj)})
            super().delete_model(request, obj)

    def delete_queryset(self, request, queryset):
        with constancia():
            for uno in queryset:
                self.delete_model(request, uno)

    def _asentar(self, acto: str, request, fila: Any, datos: dict[str, str]) -> None:
        with constancia() as asientos:
            asientos.append(asiento(acto, fila, por=request.user, datos=datos))


@admin.register(Institucion)
class InstitucionAdmin(Constante):
    list_display = ["sigla", "nombre", "tipo", "reporta", "revisora", "vigente_hasta"]
    list_filter = ["tipo", "reporta", "es_cns"]
    search_fields = ["sigla", "nombre"]
    list_select_related = ["revisora"]

    def get_readonly_fields(self, request, obj=None):
        return ["sigla"] if obj else []


class PertenenciaEnLinea(admin.TabularInline):
    model = PertenenciaGrupo
    formfield_overrides = TEXTOS
    extra = 0
    can_delete = False
    autocomplete_fields = ["institucion", "reporta_por"]


@admin.register(GrupoInstitucional)
class GrupoAdmin(Constante):
    list_display = ["sigla", "nombre"]
    inlines = [PertenenciaEnLinea]

    def save_formset(self, request, form, formset, change):
        for pertenencia in formset.save():
            self._asentar("anotar_pertenencia", request, pertenencia, {"es": str(pertenencia)})


@admin.register(Feriado)
class FeriadoAdmin(Constante):
    se_borra = True
    list_display = ["fecha", "nombre"]
    date_hierarchy = "fecha"


@admin.register(ResolucionReserva)
class ResolucionAdmin(Constante):
    """Se mira: la registra quien responde de ella, y una prórroga es otra resolución."""

    list_display = ["numero", "fecha", "autoridad", "vence", "prorroga_de", "custodio"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class CuentaForm(forms.ModelForm):
    """Quién es y qué viene a hacer; la contraseña la pone su dueño."""

    version_leida = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Usuario
        fields = ["correo", "nombre", "institucion", "rol", "is_active"]
        labels = {"institucion": "Institución"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["version_leida"].initial = self.instance.version

    def clean_correo(self):
        return Usuario.objects.normalize_email(self.cleaned_data["correo"]).lower()

    def clean_is_active(self):
        activa = self.cleaned_data["is_active"]
        if self._es_la_propia() and not activa:
            raise forms.ValidationError("Nadie desactiva su propia cuenta.")
        return activa

    def clean_rol(self):
        rol = self.cleaned_data["rol"]
        if self._es_la_propia() and rol != self.instance.rol:
            raise forms.ValidationError("Nadie cambia su propio rol.")
        return rol

    def _es_la_propia(self) -> bool:
        return self.instance.pk is not None and self.instance.pk == self.quien.pk

    quien: Usuario


@admin.register(Usuario)
class UsuarioAdmin(Constante):
    form = CuentaForm
    list_display = ["nombre", "correo", "institucion", "rol", "is_active", "last_login"]
    list_filter = ["rol", "is_active", "institucion"]
    list_select_related = ["institucion"]
    search_fields = ["nombre", "correo"]
    actions = ["dar_enlace", "quitar_factor"]

    def get_form(self, request, obj=None, change=False, **kwargs):
        forma = super().get_form(request, obj, change=change, **kwargs)
        return type("CuentaForm", (forma,), {"quien": request.user})

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except cuentas.CuentaAjena:
            messages.error(request, AJENA)
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request, obj, form, change):
        if change:
            cuentas.cambiar(obj, version=form.cleaned_data["version_leida"] or 0, por=request.user)
            return
        cuentas.abrir(obj, por=request.user)
        self._mostrar_enlace(request, obj)

    @admin.action(description="Dar un enlace para poner la contraseña", permissions=["change"])
    def dar_enlace(self, request, queryset):
        for persona in queryset.filter(is_active=True):
            self._mostrar_enlace(request, persona)

    @admin.action(description="Quitar el segundo factor", permissions=["change"])
    def quitar_factor(self, request, queryset):
        for persona in queryset:
            cuentas.quitar_segundo_factor(persona, por=request.user)
        messages.success(request, "Segundo factor quitado; sus sesiones se cerraron.")

    def _mostrar_enlace(self, request, persona: Usuario) -> None:
        enlace = cuentas.enlace_de_contrasena(persona, por=request.user)
        messages.warning(
            request, f"{persona} pone su contraseña aquí, una vez y en una hora: {enlace}"
        )


class SistemaForm(forms.ModelForm):
    """Qué sistema es, con el puesto de quién y para qué."""

    alcances = forms.MultipleChoiceField(
        choices=Alcance.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Alcance.LEER],
        help_text="Sólo los que el rol de la persona permite.",
    )
    dias = forms.IntegerField(
        label="Días que vale la ficha",
        min_value=1,
        max_value=clientes.VIGENCIA_MAXIMA.days,
        initial=clientes.VIGENCIA.days,
    )

    class Meta:
        model = ClienteSistema
        fields = ["nombre", "persona", "alcances"]

    def clean(self):
        datos = super().clean()
        if not self.errors:
            vigencia = timedelta(days=datos["dias"])
            clientes.exigir(datos["persona"], datos["alcances"], vigencia)
        return datos


@admin.register(ClienteSistema)
class SistemaAdmin(Constante):
    """Los sistemas de la API: se inscriben, se rotan y se revocan; no se cambian."""

    form = SistemaForm
    list_display = ["nombre", "persona", "institucion", "rol", "vigentes", "usado", "revocado_en"]
    list_filter = ["rol", "institucion"]
    list_select_related = ["persona", "institucion"]
    search_fields = ["nombre"]
    autocomplete_fields = ["persona"]
    actions = ["rotar", "revocar"]

    def get_queryset(self, request):
        en_vigor = Q(fichas__expiry__gt=timezone.now())
        return (
            super()
            .get_queryset(request)
            .annotate(cuantas=Count("fichas", filter=en_vigor), uso=Max("fichas__ultimo_uso"))
        )

    def has_change_permission(self, request, obj=None):
        """La página de uno sólo se lee; las acciones de la lista sí cambian."""
        return obj is None and super().has_change_permission(request, obj)

    @admin.display(description="Fichas en vigor")
    def vigentes(self, cliente):
        return cliente.cuantas

    @admin.display(description="Último uso", ordering="uso")
    def usado(self, cliente):
        return cliente.uso

    def save_model(self, request, obj, form, change):
        vigencia = timedelta(days=form.cleaned_data["dias"])
        secreto = clientes.inscribir(obj, vigencia=vigencia, por=request.user)
        self._mostrar_ficha(request, obj, secreto)

    @admin.action(description="Dar otra ficha; la anterior vale un día más", permissions=["change"])
    def rotar(self, request, queryset):
        for cliente in queryset.select_related("persona__institucion", "institucion"):
            try:
                secreto = clientes.rotar(cliente, por=request.user)
            except ValidationError as motivo:
                messages.error(request, f"{cliente}: {' '.join(motivo.messages)}")
            else:
                self._mostrar_ficha(request, cliente, secreto)

    @admin.action(description="Revocar: sus fichas no valen desde ya", permissions=["change"])
    def revocar(self, request, queryset):
        for cliente in queryset.select_related("institucion"):
            if clientes.revocar(cliente, por=request.user):
                messages.success(request, f"{cliente}: revocado.")
            else:
                messages.error(request, f"{cliente}: ya estaba revocado.")

    def _mostrar_ficha(self, request, cliente: ClienteSistema, secreto: str) -> None:
        messages.warning(
            request, f"La ficha de {cliente}; guárdela ahora, no se vuelve a mostrar: {secreto}"
        )


class SuscripcionForm(forms.ModelForm):
    """A qué sistema, a dónde y de qué se le avisa."""

    eventos = forms.MultipleChoiceField(
        choices=Evento.choices, widget=forms.CheckboxSelectMultiple, initial=Evento.values
    )

    class Meta:
        model = Suscripcion
        fields = ["cliente", "direccion", "eventos"]
        help_texts = {"direccion": "https:// de un servidor público; es el sistema quien recibe."}

    def clean(self):
        datos = super().clean()
        if not self.errors:
            suscripciones.exigir(Suscripcion(**datos))
        return datos


@admin.register(Suscripcion)
class SuscripcionAdmin(Constante):
    """Los webhooks: se suscriben, se rotan, se pausan y se retiran; no se cambian."""

    form = SuscripcionForm
    list_display = ["numero", "cliente", "anfitrion", "estado", "motivo", "muertas_seguidas"]
    list_display_links = ["numero", "cliente"]
    list_filter = ["estado", "motivo"]
    list_select_related = ["cliente"]
    search_fields = ["cliente__nombre"]
    autocomplete_fields = ["cliente"]
    readonly_fields = ["estado", "motivo", "muertas_seguidas", "anterior_vence", "creada"]
    actions = ["rotar", "pausar", "reanudar", "retirar"]

    def get_fields(self, request, obj=None):
        """De la que ya está, también cómo va: a su página lleva el aviso de que se pausó."""
        nuevos = ["cliente", "direccion", "eventos"]
        return [*nuevos, *self.readonly_fields] if obj else nuevos

    def has_change_permission(self, request, obj=None):
        """La página de una sólo se lee; las acciones de la lista sí cambian."""
        return obj is None and super().has_change_permission(request, obj)

    def changeform_view(self, request, *args, **kwargs):
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ValidationError as motivo:  # el nombre dejó de resolver entre mirarlo y guardarlo
            messages.error(request, " ".join(motivo.messages))
            return HttpResponseRedirect(request.get_full_path())

    @admin.display(description="N.º", ordering="pk")
    def numero(self, suscripcion):
        return suscripcion.pk

    @admin.display(description="Anfitrión")
    def anfitrion(self, suscripcion):
        return suscripcion.anfitrion

    def save_model(self, request, obj, form, change):
        self._mostrar_secreto(request, obj, suscripciones.suscribir(obj, por=request.user))

    @admin.action(
        description="Dar otro secreto; el anterior firma un día más", permissions=["change"]
    )
    def rotar(self, request, queryset):
        def dar(una):
            self._mostrar_secreto(request, una, suscripciones.rotar(una, por=request.user))

        self._a_cada_una(request, queryset, dar)

    @admin.action(description="Poner en pausa", permissions=["change"])
    def pausar(self, request, queryset):
        def dar(una):
            if not suscripciones.pausar(una, por=request.user):
                raise ValidationError("No estaba activa.")
            messages.success(request, f"{una}: en pausa.")

        self._a_cada_una(request, queryset, dar)

    @admin.action(description="Reanudar", permissions=["change"])
    def reanudar(self, request, queryset):
        def dar(una):
            suscripciones.reanudar(una, por=request.user)
            messages.success(request, f"{una}: vuelve a recibir.")

        self._a_cada_una(request, queryset, dar)

    @admin.action(
        description="Retirar: no recibe más y se borra su secreto", permissions=["change"]
    )
    def retirar(self, request, queryset):
        def dar(una):
            if not suscripciones.retirar(una, por=request.user):
                raise ValidationError("Ya estaba retirada.")
            messages.success(request, f"{una}: retirada.")

        self._a_cada_una(request, queryset, dar)

    def _a_cada_una(self, request, queryset, dar: Callable[[Suscripcion], None]) -> None:
        for una in queryset.select_related("cliente__institucion"):
            try:
                dar(una)
            except ValidationError as motivo:
                messages.error(request, f"{una}: {' '.join(motivo.messages)}")

    def _mostrar_secreto(self, request, una: Suscripcion, secreto: str) -> None:
        messages.warning(
            request, f"El secreto de {una}; guárdelo ahora, no se vuelve a mostrar: {secreto}"
        )


POR_QUE_NO_LLEGO = {
    Falla.NOMBRE: "No se encontró ese servidor",
    Falla.DIRECCION: "El servidor no es público",
    Falla.CONEXION: "No se pudo conectar",
    Falla.TLS: "Su certificado no vale",
    Falla.TIEMPO: "Tardó demasiado",
    Falla.RESPUESTA: "Contestó algo que no se entiende",
    Falla.REDIRIGE: "Mandó a otra dirección",
    Falla.ESTADO: "Contestó que no",
    Falla.SECRETO: "Su secreto ya no se puede leer",
}


@admin.register(Entrega)
class EntregaAdmin(Constante):
    """Lo que se mandó a los sistemas y cómo contestaron; lo que dice cada una no se muestra."""

    fields = [
        *("suscripcion", "evento", "identificador", "estado", "creada", "intentos", "proximo"),
        *("intentada_en", "estado_http", "por_que", "entregada_en"),
    ]
    readonly_fields = ["por_que"]
    list_display = [
        *("evento", "suscripcion", "estado", "intentos", "estado_http", "por_que", "creada"),
    ]
    list_filter = ["estado", "evento", "suscripcion"]
    list_select_related = ["suscripcion__cliente"]
    actions = ["reenviar"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        """La página de una sólo se lee; las acciones de la lista sí cambian."""
        return obj is None and super().has_change_permission(request, obj)

    @admin.display(description="por qué no llegó", ordering="falla", empty_value="")
    def por_que(self, una):
        return POR_QUE_NO_LLEGO.get(una.falla)

    @admin.action(description="Mandar otra vez", permissions=["change"])
    def reenviar(self, request, queryset):
        for una in queryset.select_related("suscripcion__cliente__institucion"):
            try:
                entregas.reenviar(una, por=request.user)
            except ValidationError as motivo:
                messages.error(request, f"{una}: {' '.join(motivo.messages)}")
            else:
                messages.success(request, f"{una}: en la fila.")
