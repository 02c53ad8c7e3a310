/* The second factor: set up, moved to another phone, taken away. */

import { confirm } from "../lib/confirm.js";
import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { getMe, newCodes, removeTotp } from "./api.js";
import { recoveryCodes } from "./codes.js";
import { turn } from "./door.js";
import { enrol } from "./enrol.js";
import { proven } from "./proof.js";
import { outcome, section } from "./section.js";


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
        place.replaceChildren(...has.totp ? [
            h("p", {}, () => t("factor.on")),
            h("p", {}, () => t("factor.codes-left", {
                count: has.recovery_codes })),
            h("div", { class: "actions" },
              button("new-codes", "factor.new-codes", renew),
              button("move-totp", "factor.move", setUp),
              has.required ? null
                  : button("remove-totp", "factor.remove", remove, "danger")),
        ] : [
            h("p", {}, () => t("factor.off")),
            button("begin-totp", "factor.set-up", setUp, "primary"),
        ]);
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
        const meant = await confirm({
            title: () => t("factor.remove-title"),
            lead: () => t("factor.remove-lead"),
            yes: () => t("factor.remove"), no: () => t("delete.cancel"),
        });

        if (meant && await proven(removeTotp)) {
            await again(() => t("factor.removed"));
        }
    }

    show(me);
    return element;
}
