"""`crear_cuenta`: una cuenta desde la máquina, su contraseña mostrada una vez, y su constancia."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from instituciones.models import Asiento, Rol, Usuario
from tests.fabricas import InstitucionFactory, UsuarioFactory

pytestmark = pytest.mark.django_db


def mandar(*args: str) -> str:
    salida = StringIO()
    call_command("crear_cuenta", *args, stdout=salida)
    return salida.getvalue()


def test_la_cuenta_entra_con_la_contrasena_que_se_muestra():
    InstitucionFactory(sigla="MINGOB")

    salida = mandar("Nueva@Ejemplo.gt", "--rol", "COORDINADOR", "--institucion", "MINGOB")

    persona = Usuario.objects.get(correo="nueva@ejemplo.gt")
    assert (persona.rol, persona.institucion.sigla) == (Rol.COORDINADOR, "MINGOB")
    assert persona.check_password(salida.split()[-1])


def test_sin_decir_institucion_es_la_que_revisa_a_mas():
    revisora = InstitucionFactory(sigla="REVISORA", reporta=False, revisora=None)
    InstitucionFactory.create_batch(2, revisora=revisora)
    InstitucionFactory()

    mandar("nueva@ejemplo.gt", "--rol", "ADMINISTRADOR")

    assert Usuario.objects.get().institucion == revisora


def test_queda_constancia_y_nunca_la_contrasena():
    InstitucionFactory()

    clave = mandar("nueva@ejemplo.gt", "--rol", "AUDITOR").split()[-1]

    asientos = list(Asiento.objects.values_list("acto", flat=True))
    assert asientos == ["abrir_cuenta", "poner_contrasena"]
    assert not any(clave in datos for datos in Asiento.objects.values_list("datos", flat=True))


def test_renovar_cambia_la_contrasena_y_nada_mas():
    persona = UsuarioFactory(password="la de antes, muy larga")

    clave = mandar(persona.correo, "--renovar").split()[-1]

    renovada = Usuario.objects.get()
    assert renovada.check_password(clave)
    assert not renovada.check_password("la de antes, muy larga")
    assert (renovada.rol, renovada.institucion_id) == (persona.rol, persona.institucion_id)


@pytest.mark.parametrize(
    ("args", "motivo"),
    [
        (["nueva@ejemplo.gt"], "Diga el rol"),
        (["nadie@ejemplo.gt", "--renovar"], "No hay una cuenta con el correo"),
        (["nueva@ejemplo.gt", "--rol", "CAP", "--institucion", "NADA"], "No hay una institución"),
        (["no es un correo", "--rol", "CAP"], "correo"),
    ],
)
def test_lo_que_no_se_puede_se_dice_y_no_deja_nada(args, motivo):
    InstitucionFactory()

    with pytest.raises(CommandError, match=motivo):
        mandar(*args)

    assert (Usuario.objects.count(), Asiento.objects.count()) == (0, 0)


def test_un_correo_repetido_se_rechaza():
    persona = UsuarioFactory()

    with pytest.raises(CommandError, match="Ya existe"):
        mandar(persona.correo, "--rol", "CAP")


def test_sin_instituciones_dice_que_se_cargue_un_plan():
    with pytest.raises(CommandError, match="cargar_plan"):
        mandar("nueva@ejemplo.gt", "--rol", "ADMINISTRADOR")
