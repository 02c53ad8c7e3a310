/* One account, as an admin sees it: what is known, and what can be done. */

import { adminFrame } from "../account/admin.js";
import {
    changeAccount, endAccountSessions, getAccount, getAccountSessions,
    removeAccount, removeAccountFactors,
} from "../account/api.js";
import { deviceLines } from "../account/devices.js";
import { field, form, ROLES, selectField } from "../account/form.js";
import { proven, provenly } from "../account/proof.js";
import { outcome, pagedList, section } from "../account/section.js";
import { confirm } from "../lib/confirm.js";
import { h, refresh } from "../lib/dom.js";
import { bytes, date, moment, t } from "../lib/language.js";


export function oneAccountView({ id }, { signal }) {
    const told = outcome();
    const place = h("div", { class: "panels" },
                    h("p", { class: "loading-note" },
                      () => t("item.loading")));
    let one = null;

    told.attempt(async () => {
        one = await getAccount(id, signal);
        place.replaceChildren(facts(() => one), standing(one, become),
                              powers(() => one, become), sessions(one, signal));
        refresh(heading);
    });

    /* What has changed shows everywhere. */
    function become(changed) {
        Object.assign(one, changed);
        refresh(element);
    }

    const name = () => one?.email ?? one?.name ?? t("accounts.one");
    const element = adminFrame("accounts", name, signal, ...told.elements,
                               place);
    const heading = element.querySelector("h1");

    return { element, title: () => `${name()} – Sluice` };
}


function facts(one) {
    const fact = (name, words) => h("div", {},
        h("dt", {}, () => t(`accounts.${name}`)), h("dd", {}, words));

    return section("facts", () => t("accounts.facts"), h("dl", {
        class: "facts" },
        fact("id", () => one().id),
        fact("created", () => moment(one().created_at)),
        fact("signed-in", () => (one().signed_in_at
            ? moment(one().signed_in_at) : t("accounts.never"))),
        fact("issuer", () => one().issuer ?? t("accounts.here")),
        fact("factor", () => t(one().second_factor ? "accounts.yes"
            : "accounts.no")),
        fact("keeps", () => t("accounts.files", {
            count: one().files, bytes: bytes(one().bytes) })),
        fact("state", () => state(one()))));
}


function state(one) {
    return one.disabled ? t("accounts.is-disabled")
        : one.leaves_at ? t("accounts.leaves", { date: date(one.leaves_at) })
        : one.bounced ? t("accounts.bounced")
        : t("accounts.is-open");
}


/* Role, plan and name; the first and the last come from elsewhere for who signs
   in there. */
function standing(one, become) {
    const own = one.issuer === null;
    const { element, say } = form({
        id: "standing",
        fields: [
            own && selectField("standing-role", {
                name: "role", label: () => t("invitations.role"),
                chosen: one.role,
                options: ROLES.map((role) => [role, () => t(`role.${role}`)]),
            }),
            field("standing-plan", {
                name: "plan", required: false, autocomplete: "off",
                autocapitalize: "none", value: one.plan ?? "",
                label: () => t("invitations.plan"),
            }),
            own && field("standing-name", {
                name: "name", required: false, maxlength: 200, dir: "auto",
                autocomplete: "off", value: one.name ?? "",
                label: () => t("form.name-optional"),
            }),
        ].filter(Boolean),
        submit: () => t("edit.save"),
        send: provenly((values) => changeAccount(one.id, {
            ...values, plan: values.plan || null,
            ...own ? { name: values.name || null } : {},
        })),
        done: (answer) => {
            become(answer);
            say(() => t("profile.saved"));
        },
    });

    return section("standing", () => t("accounts.standing"), element);
}


/* What is done at once. */
function powers(one, become) {
    const told = outcome();
    const ask = (what) => confirm({
        title: () => t(`accounts.${what}-title`, {
            name: one().email ?? one().name ?? one().id }),
        lead: () => t(`accounts.${what}-lead`),
        yes: () => t(`accounts.${what}`), no: () => t("edit.cancel"),
    });
    const button = (what, kind, action) => h("button", {
        class: `button ${kind}`, type: "button",
        onclick: () => told.attempt(async () => {
            if (await ask(what)) {
                const proof = await proven(action);

                if (proof) {
                    become(proof.answer);
                    update();
                    told.say(() => t(`accounts.${what}-done`));
                }
            }
        }),
    }, () => t(`accounts.${what}`));
    const change = (body) => () => changeAccount(one().id, body);
    const shut = button("disable", "", change({ disabled: true }));
    const open = button("enable", "", change({ disabled: false }));
    const factors = button("reset-factors", "", async () => {
        await removeAccountFactors(one().id);
        return { second_factor: false };
    });
    const remove = button("remove", "danger", () => removeAccount(one().id));

    function update() {
        shut.hidden = one().disabled;
        open.hidden = !one().disabled;
        factors.hidden = !one().second_factor;
        remove.hidden = one().leaves_at !== null;
    }

    update();
    return section("powers", () => t("accounts.powers"),
        h("div", { class: "actions" }, shut, open, factors, remove),
        ...told.elements);
}


function sessions(one, signal) {
    const told = outcome();
    const everywhere = h("button", {
        class: "button", type: "button", hidden: true,
        onclick: () => told.attempt(async () => {
            if (await proven(() => endAccountSessions(one.id))) {
                await list.load();
                told.say(() => t("accounts.signed-out"));
            }
        }),
    }, () => t("accounts.sign-out"));
    const list = pagedList(() => t("accounts.sessions"), {
        ask: (cursor) => getAccountSessions(one.id, cursor, signal),
        row: (session) => h("li", { class: "row" }, deviceLines(session)),
        none: () => t("accounts.no-sessions"), signal, attempt: told.attempt,
        loaded: (rows) => {
            everywhere.hidden = rows.children.length === 0;
        },
    });

    list.load();
    return section("sessions", () => t("accounts.sessions"), list.element,
                   everywhere, ...told.elements);
}
