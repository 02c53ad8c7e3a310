/* The second factor: an authenticator, set up, moved to another phone, taken
   away; and recovery codes, which stand in for passkeys, too. */

import { confirm } from "../lib/confirm.js";
import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { getMe, newCodes, removeTotp } from "./api.js";
import { recoveryCodes } from "./codes.js";
import { turn } from "./door.js";
import { enrol } from "./enrol.js";
import { proven } from "./proof.js";
import { outcome, section } from "./section.js";


/* {element, load()}: how it stands now */
export function factor(me) {
    const place = h("div", { class: "panel-body" });
    const told = outcome();
    const element = section("factor", () => t("enrol.title"), place,
                            ...told.elements);
    const button = (id, words, action, kind = "") => h("button", {
        class: `button ${kind}`, type: "button", id,
        onclick: () => told.attempt(action),
    }, () => t(words));

    function show({ second_factor: has }) {
        const needed = has.required && !has.passkeys;

        place.replaceChildren(
            h("p", {}, () => t(has.totp ? "factor.on" : "factor.off")),
            ...has.totp || has.passkeys ? [h("p", {}, () => t(
                "factor.codes-left", { count: has.recovery_codes }))] : [],
            h("div", { class: "actions" },
              has.totp || has.passkeys
                  ? button("new-codes", "factor.new-codes", renew) : null,
              has.totp ? button("move-totp", "factor.move", setUp)
                  : button("begin-totp", "factor.set-up", setUp, "primary"),
              has.totp && !needed
                  ? button("remove-totp", "factor.remove", remove, "danger")
                  : null));
    }

    /* How it stands now, and what has come of it. */
    async function again(words) {
        show(await getMe());
        const heading = element.querySelector("h2");
        heading.setAttribute("tabindex", "-1");
        heading.focus();
        told.say(words);
    }

    const back = (words) => () => told.attempt(() => again(words));

    function setUp() {
        return enrol(place, { done: back(() => t("factor.set")),
                              cancel: back(null),
                              anew: () => told.attempt(setUp) });
    }

    async function renew() {
        const made = await proven(newCodes);

        if (made) {
            turn(place, recoveryCodes(made.answer.recovery_codes,
                                      back(() => t("factor.renewed"))));
        }
    }

    async function remove() {
        const { second_factor: has } = await getMe();
        const meant = await confirm({
            title: () => t("factor.remove-title"),
            lead: () => t(has.passkeys ? "factor.remove-lead-passkeys"
                : "factor.remove-lead"),
            yes: () => t("factor.remove"), no: () => t("delete.cancel"),
        });

        if (meant && await proven(removeTotp)) {
            await again(() => t("factor.removed"));
        }
    }

    show(me);
    return { element, load: () => told.attempt(async () => {
        show(await getMe());
    }) };
}
