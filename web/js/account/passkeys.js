/* One's passkeys: added, named, taken away. */

import { confirm } from "../lib/confirm.js";
import { h } from "../lib/dom.js";
import { ago, moment, t } from "../lib/language.js";
import { Problem } from "../lib/http.js";
import { shown } from "../lib/session.js";
import { createPasskey, hasPasskeys } from "../lib/webauthn.js";
import { addPasskey, beginPasskey, getMe, getPasskeys, removePasskey,
         renamePasskey } from "./api.js";
import { recoveryCodes } from "./codes.js";
import { called } from "./devices.js";
import { turn } from "./door.js";
import { field, form } from "./form.js";
import { proven } from "./proof.js";
import { outcome, section } from "./section.js";


/* changed() when there is one more, or one less. {element, load()} */
export function passkeys(changed) {
    const told = outcome();
    const list = h("ul", { class: "rows",
                           "aria-label": () => t("passkeys.title") });
    const none = h("p", { class: "muted", hidden: true },
                   () => t("passkeys.none"));
    const place = h("div", { class: "panel-body" });
    const element = section("passkeys", () => t("passkeys.title"),
        h("p", {}, () => t("passkeys.lead")), place, ...told.elements);
    const heading = element.querySelector("h2");

    heading.setAttribute("tabindex", "-1");

    async function load() {
        const { items } = await getPasskeys();

        list.replaceChildren(...items.map(row));
        none.hidden = items.length > 0;
        place.replaceChildren(list, none, hasPasskeys()
            ? passkeyForm(added)
            : h("p", { class: "hint" }, () => t("passkeys.not-here")));
    }

    /* How it stands now, and what has come of it. */
    async function again(words) {
        await load();
        changed();
        heading.focus();
        told.say(words);
    }

    async function added(answer) {
        const words = () => t("passkeys.added", { name: answer.passkey.name });

        if (answer.recovery_codes) {
            turn(place, recoveryCodes(answer.recovery_codes,
                () => told.attempt(() => again(words))));
        } else {
            await again(words);
        }
    }

    function row(passkey) {
        const item = h("li", { class: "row" });

        fill(item, passkey);
        return item;
    }

    function fill(item, passkey) {
        const { name } = passkey;
        const button = (words, action, kind = "") => h("button", {
            class: `button ${kind}`, type: "button",
            "aria-label": () => t(`${words}-name`, { name }),
            onclick: () => told.attempt(action),
        }, () => t(words));

        item.replaceChildren(
            h("div", {},
              h("p", { class: "row-name" }, name),
              h("p", { class: "hint" }, () => (passkey.last_used_at
                  ? t("passkeys.used", { ago: ago(passkey.last_used_at) })
                  : t("passkeys.unused"))),
              h("p", { class: "hint" }, () => t(passkey.synced
                  ? "passkeys.synced" : "passkeys.since",
              { moment: moment(passkey.created_at) }))),
            h("div", { class: "actions" },
              button("passkeys.rename", () => rename(item, passkey)),
              button("passkeys.remove", () => remove(passkey), "danger")));
    }

    function rename(item, passkey) {
        const name = nameField(`name-${passkey.id}`, passkey.name,
                               () => t("passkeys.new-name"));
        const back = (now) => {
            fill(item, now);
            item.querySelector("button").focus();
        };
        const { element: asking } = form({
            id: `rename-${passkey.id}`,
            fields: [name],
            submit: () => t("edit.save"),
            send: (values) => renamePasskey(passkey.id, values),
            done: (now) => {
                back(now);
                told.say(() => t("passkeys.renamed", { name: now.name }));
            },
        });

        asking.append(h("button", { class: "button", type: "button",
                                    onclick: () => back(passkey) },
                        () => t("edit.cancel")));
        item.replaceChildren(asking);
        name.input.focus();
        name.input.select();
    }

    async function remove({ id, name }) {
        const { second_factor: has } = await getMe();
        const last = has.passkeys === 1 && !has.totp;
        const meant = await confirm({
            title: () => t("passkeys.remove-title", { name }),
            lead: () => t(last ? "factor.remove-lead" : "passkeys.remove-lead"),
            yes: () => t("passkeys.remove"), no: () => t("delete.cancel"),
        });

        if (meant && await proven(() => removePasskey(id))) {
            await again(() => t("passkeys.removed", { name }));
        }
    }

    return { element, load: () => told.attempt(load) };
}


/* done(answer) once there is one more. */
export function passkeyForm(done) {
    return form({
        id: "passkey",
        fields: [nameField("passkey-name", called(navigator.userAgent),
                           () => t("passkeys.name"))],
        submit: () => t("passkeys.add"),
        send: async ({ name }) => {
            const begun = await proven(beginPasskey);
            const passkey = begun && await createPasskey(begun.answer);

            if (!passkey) {
                throw Problem.local("passkey-none");
            }
            return addPasskey({ name, passkey });
        },
        done: (answer) => {
            shown(answer);
            return done(answer);
        },
    }).element;
}


function nameField(id, value, label) {
    return field(id, { name: "name", maxlength: 100, autocomplete: "off",
                       dir: "auto", value, label });
}
