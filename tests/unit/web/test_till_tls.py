"""The box's certificate and its small authority: what it may vouch for, who renews it, what plain http still says."""

import ipaddress
import ssl
from datetime import timedelta

import pytest
from cryptography import x509

from tideover.errors import Misconfigured, NotFound, Rejected
from tideover.secret import KEY_FILE, Secrets
from tideover.settings import Settings
from tideover.web import certificate
from tideover.web.secure import Tls, tls_of
from tideover.web.server import make_app
from unit.web.shop import StillWorld, in_shop
from unit.web.till import Till

NAMES = certificate.names_from(["kassa.lan", "192.168.1.10"])


def made(folder, world=None, **more):
    world = world or StillWorld()
    if not (folder / KEY_FILE).exists():
        Secrets(folder, world).close()
    return certificate.make(folder, world, "Kulmakauppa", NAMES, **more)


def test_the_authority_is_narrowed_to_the_shop(tmp_path):
    """The box's names and private addresses, servers alone, no authority below it; the leaf shorter than browsers ask for."""
    authority = made(tmp_path)
    narrowed = authority.extensions.get_extension_for_class(x509.NameConstraints)
    permitted = narrowed.value.permitted_subtrees
    assert narrowed.critical and {"tideover.internal", "kassa.lan"} == {one.value for one in permitted if isinstance(one, x509.DNSName)}
    networks = [one.value for one in permitted if isinstance(one, x509.IPAddress)]
    assert all(one.is_private or one.is_link_local for one in networks) and ipaddress.ip_network("192.168.0.0/16") in networks
    assert 0 == authority.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    leaf = certificate.read(tmp_path / "tls" / "box.pem")
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=398)
    assert ("kassa.lan", "192.168.1.10") == certificate.names_in(leaf)
    leaf.verify_directly_issued_by(authority)


def test_keys_are_their_owners_alone_and_the_authoritys_is_sealed(tmp_path):
    """The leaf's key must lie open for the box; the authority's opens only with the data directory's secrets."""
    made(tmp_path)
    sealed = (tmp_path / "tls" / "ca.key.sealed").read_bytes()
    assert b"PRIVATE" not in sealed
    assert [0o600, 0o600] == [(tmp_path / "tls" / name).stat().st_mode & 0o777 for name in ("ca.key.sealed", "box.key")]
    (tmp_path / KEY_FILE).write_bytes(bytes(32))
    with pytest.raises(Rejected):
        certificate.renew(tmp_path, StillWorld())


def test_the_authoritys_key_may_lie_on_a_stick(tmp_path):
    """Under a phrase; without it there nobody renews, with it the same authority does."""
    stick = tmp_path / "stick.pem"
    authority = made(tmp_path, ca_key_at=stick, phrase=b"correct horse")
    assert b"ENCRYPTED" in stick.read_bytes() and not (tmp_path / "tls" / "ca.key.sealed").exists()
    with pytest.raises(NotFound):
        certificate.renew(tmp_path, StillWorld())
    with pytest.raises(Rejected):
        certificate.renew(tmp_path, StillWorld(), stick, b"wrong")
    certificate.renew(tmp_path, StillWorld(), stick, b"correct horse").verify_directly_issued_by(authority)


@pytest.mark.parametrize("names", [["8.8.8.8"], ["not a name"], [], ["localhost"], ["a..b"], ["2001:4860:4860::8888"], ["x" * 64]])
def test_only_names_of_the_shop_get_a_certificate(names):
    """No address of the wide world, nothing that is no name."""
    with pytest.raises(Rejected):
        certificate.names_from(names)


def test_the_box_renews_its_own_long_before_the_end(tmp_path):
    """The same names from the same authority, taken up by the listener that runs; a shop's own certificate is left alone."""
    world = StillWorld()
    authority = made(tmp_path, world)
    tls = tls_of(tmp_path, world, Settings())
    assert isinstance(tls, Tls)
    before = (tmp_path / "tls" / "box.pem").read_bytes()
    tls.look()
    assert before == (tmp_path / "tls" / "box.pem").read_bytes()
    world.pass_time(days=certificate.LEAF_DAYS - certificate.RENEW_DAYS)
    tls.look()
    after = certificate.read(tmp_path / "tls" / "box.pem")
    assert before != (tmp_path / "tls" / "box.pem").read_bytes()
    after.verify_directly_issued_by(authority)
    (tmp_path / "tls" / "box.pem").write_text("torn")
    tls.look()  # Nothing raised: the one in use stays in use.


def test_a_certificate_of_the_owners_stands_above_the_boxes_own(tmp_path):
    """Under its real name; a setting that names no file is told by its name."""
    made(tmp_path)
    own = Settings(tls_certificate="tls/box.pem", tls_key="tls/box.key")
    paths = certificate.paths_of(tmp_path, own)
    assert paths is not None and not paths.is_own_authority
    assert isinstance(certificate.context_of(paths), ssl.SSLContext)
    for wrong in (Settings(tls_certificate="tls/box.pem"), Settings(tls_certificate="gone.pem", tls_key="tls/box.key")):
        with pytest.raises(Misconfigured):
            certificate.paths_of(tmp_path, wrong)
    mixed = Settings(tls_certificate="tls/ca.pem", tls_key="tls/box.key")
    with pytest.raises(Misconfigured):
        tls_of(tmp_path, StillWorld(), mixed)


def test_with_a_certificate_other_devices_read_nothing_in_plain(tmp_path):
    """But how to come to trust the box; the box's own machine goes on in plain http."""

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        made(tmp_path, shop.world)
        shop.app = make_app(shop.house)
        device = shop.client(Authorization=f"Bearer {till.token}")
        assert ("/trust", 307) == ((reply := await device.get("/")).headers["location"], reply.status_code)
        for method, path in (("GET", "/v1/status"), ("POST", "/v1/login"), ("POST", "/v1/entries"), ("GET", "/v1/till/shop")):
            reply = await device.request(method, path, json={"entries": []} if method == "POST" else None)
            assert (403, True) == (reply.status_code, "https" in reply.json()["message"]), path
        assert [200, 200] == [(await device.get(path)).status_code for path in ("/trust", "/trust/tideover-ca.crt")]
        assert 200 == (await shop.client("127.0.0.1").get("/v1/status")).status_code
        device.base_url = "https://kassa.lan:8443"
        assert 200 == (await device.get("/v1/till/shop")).status_code
        assert 400 <= (await shop.client().get("https://other.lan/trust")).status_code

    in_shop(tmp_path, play)
