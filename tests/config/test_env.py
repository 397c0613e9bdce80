"""Environment variables: what they may say, and how a wrong one is complained about."""

import pytest

from config.env import Environment, EnvironmentVariableError, PostgresAddress


def env(value: str | None) -> Environment:
    return Environment({} if value is None else {"NAME": value})


def refused(value: str | None, read: str, message: str) -> None:
    with pytest.raises(EnvironmentVariableError, match=message):
        getattr(env(value), read)("NAME")


def test_text_is_taken_as_it_is() -> None:
    assert env(" a b ").text("NAME") == " a b "


@pytest.mark.parametrize("nothing", [None, ""])
def test_text_without_default_must_be_set(nothing: str | None) -> None:
    refused(nothing, "text", "^NAME must be set$")
    assert env(nothing).text("NAME", "default") == "default"


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        *(("1", True), ("True", True), ("yes", True), ("ON", True)),
        *(("0", False), ("false", False), ("No", False), ("off", False)),
    ],
)
def test_flags_have_four_spellings_a_side(value: str, *, meaning: bool) -> None:
    assert env(value).flag("NAME", default=not meaning) is meaning


def test_a_flag_that_is_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(EnvironmentVariableError, match="NAME must be true or false, not 'maybe'"):
        env("maybe").flag("NAME", default=False)
    assert env(None).flag("NAME", default=True) is True


@pytest.mark.parametrize("value", ["4", "-5", "5.0", " 5", "٥", "five"])  # noqa: RUF001 -- a digit
def test_whole_numbers_below_the_least_or_spelled_otherwise_are_refused(value: str) -> None:
    with pytest.raises(EnvironmentVariableError, match="NAME must be a whole number of at least 5"):
        env(value).whole("NAME", 7, at_least=5)


def test_whole_numbers_reach_down_to_the_least() -> None:
    assert env("5").whole("NAME", 7, at_least=5) == 5
    assert env(None).whole("NAME", 7, at_least=5) == 7


def test_words_lose_blanks_and_empty_parts() -> None:
    assert env(" a, b ,,").words("NAME") == ["a", "b"]
    assert env(None).words("NAME") == []


def test_a_postgresql_url_is_taken_apart() -> None:
    url = "postgresql://web%40x:p%3Aw%2F@db.example:5433/toll%20gate?sslmode=require"
    assert env(url).postgres("NAME") == PostgresAddress(
        name="toll gate",
        user="web@x",
        password="p:w/",  # noqa: S106 -- of nothing
        host="db.example",
        port="5433",
        options={"sslmode": "require"},
    )


def test_a_socket_directory_keeps_its_capitals() -> None:
    address = env("postgresql://web@%2FTmp%2FSockets:5432/tollgate").postgres("NAME")
    assert (address.host, address.port) == ("/Tmp/Sockets", "5432")


def test_an_ipv6_host_stands_in_brackets() -> None:
    address = env("postgres://web@[::1]:5432/tollgate").postgres("NAME")
    assert (address.host, address.port) == ("::1", "5432")
    assert env("postgres://web@[::1]/tollgate").postgres("NAME").port == ""


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "^NAME must be set$"),
        ("mysql://web@db/tollgate", "NAME must be a postgresql:// URL"),
        ("postgresql://web@db", "NAME must name a database"),
        ("postgresql://web@db:abc/tollgate", "NAME has a port that is not a number"),
    ],
)
def test_a_wrong_postgresql_url_is_refused(value: str | None, message: str) -> None:
    refused(value, "postgres", message)


@pytest.mark.parametrize(
    ("value", "broker"),
    [
        ("redis://:pw@broker:6379/1", "redis://:pw@broker:6379/1"),
        ("rediss://broker", "rediss://broker"),
        ("unix:///run/valkey.sock?db=2", "redis+socket:///run/valkey.sock?virtual_host=2"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock?virtual_host=0"),
    ],
)
def test_a_redis_url_is_respelled_for_celery_where_it_must_be(value: str, broker: str) -> None:
    assert env(value).celery_broker("NAME") == broker


def test_a_url_of_another_broker_is_refused_without_repeating_its_password() -> None:
    with pytest.raises(EnvironmentVariableError, match="not 'amqp'") as raised:
        env("amqp://guest:secret@broker").celery_broker("NAME")
    assert "secret" not in str(raised.value)


def test_errors_about_a_database_url_do_not_repeat_its_password() -> None:
    with pytest.raises(EnvironmentVariableError) as raised:
        env("postgresql://web:secret@db:abc/tollgate").postgres("NAME")
    assert "secret" not in str(raised.value)
