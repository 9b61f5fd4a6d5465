"""El mandato que emite: qué archivos deja, con qué nombre, y qué dice cuando no puede."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from acciones.models import Plan
from tests.informes.publicaciones import publicar

pytestmark = pytest.mark.django_db


@pytest.fixture
def emitido(corte, elenco):
    """Un semestre cortado cuya edición pública ya está emitida."""
    return publicar(corte, elenco.coordinadora)


def emitir(informe, por, carpeta, **opciones):
    """Lo que dice al dejar en la carpeta lo ya emitido."""
    salida, periodo = StringIO(), informe.corte.periodo
    call_command(
        "emitir_informe",
        periodo.codigo,
        plan=periodo.plan.codigo,
        por=por.correo,
        edicion="PUBLICA",
        salida=str(carpeta),
        stdout=salida,
        **opciones,
    )
    return salida.getvalue()


def test_deja_los_tres_archivos_y_su_huella(emitido, elenco, tmp_path):
    carpeta = tmp_path / "no" / "existe"
    dicho = emitir(emitido, elenco.coordinadora, carpeta, corte=1)

    for documento in emitido.documentos.all():
        assert (carpeta / documento.nombre).stat().st_size == documento.tamano
        assert documento.sha256 in dicho


def test_dos_planes_del_mismo_semestre_no_se_pisan(emitido):
    documento = emitido.documentos.first()
    antes, plan = documento.nombre, documento.informe.corte.periodo.plan
    plan.codigo = "OTRO-PLAN"

    assert documento.nombre != antes
    assert Plan.objects.get(pk=plan.pk).codigo.lower() in antes


@pytest.mark.parametrize("numero", [0, 99, -1])
def test_un_corte_que_no_existe_se_dice(emitido, elenco, tmp_path, numero):
    with pytest.raises(CommandError, match=f"no tiene el corte {numero}"):
        emitir(emitido, elenco.coordinadora, tmp_path, corte=numero)
    assert not [uno for uno in tmp_path.iterdir() if uno.name.startswith("informe")]


def test_una_carpeta_que_es_un_archivo_se_dice(emitido, elenco, tmp_path):
    (tmp_path / "acta.txt").write_text("no soy carpeta")

    with pytest.raises(CommandError, match=r"acta\.txt"):
        emitir(emitido, elenco.coordinadora, tmp_path / "acta.txt")


def test_si_la_copia_no_se_puede_dejar_el_informe_sigue_emitido(emitido, elenco, tmp_path):
    (tmp_path / emitido.documentos.get(formato="PDF").nombre).mkdir()

    with pytest.raises(CommandError, match="está emitido, pero no se pudo dejar su copia"):
        emitir(emitido, elenco.coordinadora, tmp_path)
    assert emitir(emitido, elenco.coordinadora, tmp_path / "otra").count("\n") == 3
