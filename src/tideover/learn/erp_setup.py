"""Makes a shop in an empty Tryton: a program of its own, so that nothing else ever imports Tryton.

    python -m tideover.learn.erp_setup --config FILE --shape JSON

Companies with a chart of accounts, fiscal years, taxes, ways to pay, a warehouse, a walk-in customer,
a price list and one user for the connector, with no more rights than a shop's till clerk and bookkeeper.
It books nothing.
"""

from __future__ import annotations

import argparse
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from proteus import Model
from proteus import config as proteus_config
from trytond import __series__, backend
from trytond import config as trytond_config
from trytond.modules.account.tests.tools import create_chart, get_accounts
from trytond.modules.company.tests.tools import create_company
from trytond.pool import Pool
from trytond.transaction import Transaction, TransactionError

from tideover.learn.erp_shape import (
    CASH_ROUNDING_ACCOUNT,
    DATABASE,
    GROUPS,
    METHODS,
    MODULES,
    ROUNDING_ACCOUNT,
    WALK_IN,
    Shape,
    category_name,
    tax_name,
)

ADMIN = "admin"
PRINT = b"""{% for invoice in records %}Invoice ${invoice.number} ${invoice.total_amount}
{% end %}"""
CHART = "account.account_template_root_en"
CURRENCIES = {"GBP": ("Pound sterling", "826"), "EUR": ("Euro", "978"), "AUD": ("Australian dollar", "036"), "SEK": ("Krona", "752")}
PER_MILLION = 1_000_000


def main(arguments: list[str] | None = None) -> None:
    """Both steps: modules into the file, then the shop into the modules."""
    parser = argparse.ArgumentParser(prog="python -m tideover.learn.erp_setup", description="Sets up a Tryton for a rehearsal.")
    parser.add_argument("--config", required=True)
    parser.add_argument("--shape", required=True)
    given = parser.parse_args(arguments)
    trytond_config.update_etc(given.config)
    shape = msgspec.json.decode(given.shape, type=Shape)
    activate(shape)
    furnish(shape, given.config)


def activate(shape: Shape) -> None:
    """Tryton's tables and modules, as `trytond-admin -u … --activate-dependencies` makes them."""
    Pool.start()
    database = backend.Database(DATABASE)
    database.connect()
    if not database.test():
        database.init()
    Pool(DATABASE).init(update=list(MODULES), lang=["en"], activatedeps=True)
    extras: dict[str, Any] = {}
    while True:
        with Transaction().start(DATABASE, 0, **extras) as transaction:
            try:
                _first_user(shape)
            except TransactionError as error:  # Tryton's way to say: begin again, and lock that table first.
                transaction.rollback()
                error.fix(extras)
                continue
        return


def _first_user(shape: Shape) -> None:
    configuration = Pool().get("ir.configuration")(1)
    configuration.series, configuration.language = __series__, "en"
    configuration.save()
    User = Pool().get("res.user")
    (admin,) = User.search([("login", "=", ADMIN)]) or User.create([{"login": ADMIN, "name": "Administrator"}])
    User.write([admin], {"password": shape.admin_password, "administrator": True})


def furnish(shape: Shape, config_file: str) -> None:
    """The shop itself."""
    config = proteus_config.set_trytond(f"sqlite:///{DATABASE}", ADMIN, config_file=config_file)
    currency = _currency(shape.currency)
    companies = []
    for number in range(1, shape.companies + 1):
        party = _new("party.party", name=shape.company if number == 1 else f"{shape.company} {number}", code=f"C{number}")
        party.addresses[0].street = "Market Street 1"
        party.save()
        create_company(party, currency)
        found = Model.get("company.company").find([("party", "=", party.id)])
        companies.append(found[0])
    for company in companies:
        _sign_in(config, company)
        _books(company, shape)
    _sign_in(config, companies[0])
    _people(companies, shape)
    _short_print()


def _short_print() -> None:
    """Tryton draws every invoice that it posts; a plain text takes a hundredth of the time of a letter with a head."""
    Report = Model.get("ir.action.report")
    (report,) = Report.find([("report_name", "=", "account.invoice")])
    report.template_extension, report.extension = "txt", ""
    report.report_content_custom = PRINT
    report.save()


def _new(model: str, **values: Any) -> Any:
    record = Model.get(model)()
    for name, value in values.items():
        setattr(record, name, value)
    return record


def _saved(model: str, **values: Any) -> Any:
    record = _new(model, **values)
    record.save()
    return record


def _currency(code: str) -> Any:
    name, number = CURRENCIES[code]
    currency = _saved("currency.currency", name=name, code=code, symbol=code, numeric_code=number, rounding=Decimal("0.01"), digits=2)
    _saved("currency.currency.rate", currency=currency, date=date(2000, 1, 1), rate=Decimal(1))
    return currency


def _sign_in(config: Any, company: Any) -> None:
    """The administrator works for that company from here on."""
    User = Model.get("res.user")
    admin = User(config.user)
    if company not in admin.companies:
        admin.companies.append(Model.get("company.company")(company.id))
    admin.company_filter = "one"
    admin.save()
    admin.company = Model.get("company.company")(company.id)
    admin.save()
    config._context = User.get_preferences(True, {})


def _books(company: Any, shape: Shape) -> None:
    """Chart, years, taxes, categories, ways to pay: all that a company books with."""
    create_chart(company, CHART)
    accounts = get_accounts(company)
    for year in shape.years:
        _year(company, year)
    configuration = Model.get("account.configuration")(1)
    configuration.tax_rounding = shape.tax_rounding
    configuration.save()
    for rate_ppm in shape.rates_ppm:
        _rate(company, accounts, rate_ppm)
    for code, name, like in (ROUNDING_ACCOUNT, CASH_ROUNDING_ACCOUNT):
        _account(company, code, name, accounts[like])
    _ways_to_pay(company, accounts)
    _payment_term()
    price_list = _new("product.price_list", name="Shop", company=company, tax_included=shape.vat_included, price="list_price")
    price_list.lines.new(formula="unit_price")
    price_list.save()
    selling = Model.get("sale.configuration")(1)
    selling.sale_price_list = price_list
    selling.save()


def _payment_term() -> None:
    term = _new("account.invoice.payment_term", name="At once")
    term.lines.new(type="remainder")
    term.save()


def _year(company: Any, year: int) -> None:
    """A calendar year with a period per month and its own numbering."""
    strict, kind = Model.get("ir.sequence.strict"), Model.get("ir.sequence.type")

    def sequence(name: str) -> Any:
        (found,) = kind.find([("name", "=", name)], limit=1)
        made = strict(name=f"{name} {year}", sequence_type=found, company=company, prefix=f"{year}-" if name == "Invoice" else "")
        made.save()
        return made

    fiscal = _new("account.fiscalyear", name=str(year), company=company, start_date=date(year, 1, 1), end_date=date(year, 12, 31))
    fiscal.move_sequence = sequence("Account Move")
    invoices = sequence("Invoice")
    (row,) = fiscal.invoice_sequences
    row.out_invoice_sequence = row.in_invoice_sequence = row.out_credit_note_sequence = row.in_credit_note_sequence = invoices
    fiscal.save()
    fiscal.click("create_period")


def _rate(company: Any, accounts: dict[str, Any], rate_ppm: int) -> None:
    """One tax, and the category of all goods that bear it."""
    Tax, Category = Model.get("account.tax"), Model.get("product.category")
    name = tax_name(rate_ppm)
    tax = Tax(name=name, description=name, company=company, type="percentage", rate=Decimal(rate_ppm) / PER_MILLION)
    tax.invoice_account = tax.credit_note_account = accounts["tax"]
    tax.save()
    titled = category_name(rate_ppm)
    found = Category.find([("name", "=", titled), ("accounting", "=", True)])
    category = found[0] if found else Category(name=titled, accounting=True)
    category.account_expense, category.account_revenue = accounts["expense"], accounts["revenue"]
    category.customer_taxes.append(Tax(tax.id))
    category.save()


def _account(company: Any, code: str, name: str, like: Any) -> Any:
    """An account beside one of the chart, of the same type."""
    made = _new("account.account", company=company, code=code, name=name)
    made.type, made.parent = like.type, like.parent
    made.save()
    return made


def _ways_to_pay(company: Any, accounts: dict[str, Any]) -> None:
    """A journal, a clearing account and a method per kind of tender."""
    for place, (name, _) in enumerate(METHODS, 1):
        account = accounts["cash"] if name == "Cash" else _account(company, f"1.1.1.{place}", f"{name} clearing", accounts["cash"])
        journal = _saved("account.journal", name=f"{name} payments", code=name[:5].upper(), type="cash")
        _saved(
            "account.invoice.payment.method",
            company=company,
            name=name,
            journal=journal,
            credit_account=account,
            debit_account=account,
        )


def _people(companies: list[Any], shape: Shape) -> None:
    """The walk-in customer, and the user that the connector signs in as."""
    party = _new("party.party", name=WALK_IN[1], code=WALK_IN[0])
    party.addresses[0].street = "At the counter"
    party.save()
    Group, Data = Model.get("res.group"), Model.get("ir.model.data")
    user = _new("res.user", name="Tideover", login=shape.user, password=shape.password)
    user.groups.extend(Group(Data.get_id(name, {})) for name in GROUPS)
    for company in companies:
        user.companies.append(Model.get("company.company")(company.id))
    user.company_filter = "one"
    user.save()
    user.company = Model.get("company.company")(companies[0].id)
    user.save()


if __name__ == "__main__":
    main()
