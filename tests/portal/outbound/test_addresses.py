"""Addresses that strangers name: what is read as one, and where the portal connects to."""

from ipaddress import ip_address, ip_network

import pytest

from portal.outbound import addresses
from portal.outbound.addresses import BadAddress, WebAddress


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("http://workspace.example.cn:8888/lab", WebAddress("http", "workspace.example.cn", 8888, "/lab")),
        ("https://Workspace.Example.cn", WebAddress("https", "workspace.example.cn", 443, "")),
        ("HTTP://127.66.0.1:1/lab?reset&a=b", WebAddress("http", "127.66.0.1", 1, "/lab?reset&a=b")),
        ("https://[2001:DB8::1]:65535/", WebAddress("https", "2001:db8::1", 65535, "/")),
        ("http://xn--fiqs8s/", WebAddress("http", "xn--fiqs8s", 80, "/")),
    ],
)
def test_an_address_is_read(text, read):
    assert addresses.read(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "ftp://example.cn/",
        "javascript:alert(1)",
        "//example.cn/",
        "example.cn",
        "http://",
        "http:///lab",
        "http://portal.example.cn@127.0.0.9/",
        "http://user:word@example.cn/",
        'http://x"onmouseover=alert(1)@example.cn/',
        'http://example.cn/"onmouseover="alert(1)',
        "http://example.cn/<b>",
        "http://example.cn/a b",
        "http://example.cn\\@evil.cn/",
        "http://example.cn/\nHost: evil.cn",
        "http://example.cn/\n",
        "http://example.cn/#fragment",
        "http://例子.cn/",
        "http://exämple.cn/",
        "http://ſ.cn/",
        "http://example.cn:0/",
        "http://example.cn:99999/",
        "http://example.cn:٨٠/",
        "http://example.cn:/",
        "http://example.cn:-1/",
        "http://.example.cn/",
        "http://example.cn./",
        "http://example..cn/",
        "http://-example.cn/",
        f"http://{'a' * 64}.cn/",
        f"http://{'a.' * 127}cn/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://127.0.0.0x1/",
        "http://0177.0.0.1/",
        "http://127.0.0.256/",
        "http://example.127/",
        "http://[127.0.0.1]/",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "http://::1/",
        "http://[:::1]/",
    ],
)
def test_what_programs_could_read_differently_is_no_address(text):
    with pytest.raises(BadAddress):
        addresses.read(text)


def test_the_portals_domain_is_known_with_what_lies_under_it():
    under = [
        addresses.read(f"http://{host}:9000/").is_under("portal.example.cn")
        for host in ("portal.example.cn", "A.Portal.Example.CN", "notportal.example.cn", "example.cn")
    ]
    assert under == [True, True, False, False]


@pytest.mark.parametrize(("text", "netloc"), [("http://a.cn:80/", "a.cn"), ("https://[::1]:80", "[::1]:80")])
def test_a_host_header_names_the_port_unless_it_is_the_usual_one(text, netloc):
    assert addresses.read(text).netloc == netloc


@pytest.mark.parametrize("text", ["8.8.8.8", "223.5.5.5", "2400:3200::1", "2606:4700::1111"])
def test_the_portal_connects_to_the_public_internet(text):
    assert addresses.may_go_to(ip_address(text), [])


@pytest.mark.parametrize(
    "text",
    [
        *("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.9", "169.254.169.254", "172.16.0.1", "192.168.1.1"),
        *("192.0.0.9", "192.88.99.1", "198.18.0.1", "203.0.113.1", "224.0.1.1", "239.1.1.1", "240.0.0.1"),
        *("255.255.255.255", "::", "::1", "::7f00:1", "fe80::1", "fec0::1", "fd00::1", "ff0e::1", "2001:db8::1"),
        *("::ffff:127.0.0.9", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1"),
        *("2002:7f00:1::", "2002:808:808::1", "2001:0:808:808::1", "3fff::1", "::ffff:0:7f00:1"),
    ],
)
def test_and_to_nothing_else(text):
    assert not addresses.may_go_to(ip_address(text), [])


def test_a_listed_network_is_connected_to_but_not_in_another_spelling():
    loopback = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    allowed = [
        addresses.may_go_to(ip_address(text), loopback)
        for text in ("127.0.0.9", "::1", "::ffff:127.0.0.9", "10.0.0.1", "::2")
    ]
    assert allowed == [True, True, False, False, False]


@pytest.mark.parametrize("text", ["10.20.0.0/16", "172.16.0.0/12", "100.64.0.0/10", "192.168.7.7", "fd12:3456::/32"])
def test_a_network_may_be_listed(text):
    assert addresses.read_network(text) == ip_network(text)


@pytest.mark.parametrize(
    "text",
    [
        *("0.0.0.0/0", "8.0.0.0/7", "::/0", "10.20.0.1/16", "ten", "", "10.0.0.0/33", "10.0.0.0/8/8"),
        *("127.0.0.0/8", "127.66.0.0/16", "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "239.0.0.0/8"),
        *("::1/128", "::ffff:10.0.0.0/104", "64:ff9b::/96", "fe80::/10", "ff02::/16", "fe00::/8"),
    ],
)
def test_the_portals_own_machine_and_half_the_internet_are_never_listed(text):
    with pytest.raises(BadAddress):
        addresses.read_network(text)
