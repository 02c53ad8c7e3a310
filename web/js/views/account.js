/* All that one can do about one's account. */

import { address } from "../account/address.js";
import { getMe } from "../account/api.js";
import { devices } from "../account/devices.js";
import { exporting } from "../account/export.js";
import { factor } from "../account/factor.js";
import { leaving } from "../account/leaving.js";
import { passkeys } from "../account/passkeys.js";
import { password } from "../account/password.js";
import { profile } from "../account/profile.js";
import { outcome } from "../account/section.js";
import { h } from "../lib/dom.js";
import { homeLink } from "../lib/home.js";
import { t } from "../lib/language.js";


export function accountView(params, { signal }) {
    const told = outcome();
    const place = h("div", { class: "panels" },
                    h("p", { class: "loading-note" },
                      () => t("item.loading")));

    told.attempt(async () => {
        const me = await getMe(signal);
        const list = devices(signal);
        const second = factor(me);
        const own = me.second_factor.passkeys === null ? null
            : passkeys(second.load);
        const file = exporting(signal);

        place.replaceChildren(profile(me), address(me), password(me, list.load),
                              ...own ? [own.element] : [], second.element,
                              list.element, file.element, leaving(me));
        await Promise.all([own?.load(), file.load(), list.load()]);
    });

    return {
        element: h("section", { class: "account",
                                "aria-labelledby": "account-title" },
            homeLink(),
            h("h1", { id: "account-title" }, () => t("account.title")),
            ...told.elements, place),
        title: () => `${t("account.title")} – Sluice`,
    };
}
