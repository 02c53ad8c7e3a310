#include "ctl.h"
#include "database.h"
#include "options.h"


int
ctl_media_rot(int argc, char **argv)
{
    const char *conninfo = NULL, *as_json = NULL;
    static const char *const columns[] = { "media",    "attachment", "owner",
                                           "filename", "rot_at",     "rot",
                                           NULL };
    const ctl_option_t options[] = { { DATABASE_OPTION, &conninfo },
                                     { "json", NULL, "for machines", &as_json },
                                     { NULL, NULL, NULL, NULL } };

    options_read(argc, argv, options, NULL);

    return database_print(
        conninfo,
        "select m.id as media, r.attachment, m.owner, r.filename, "
        "date_trunc('second', r.rot_at) as rot_at, r.rot "
        "from sluice.media m, lateral ("
        "select null::uuid as attachment, m.filename, m.rot_at, m.rot "
        "union all select a.id, a.filename, a.rot_at, a.rot "
        "from sluice.attachments a where a.media = m.id and "
        "a.removed_at is null) r "
        "where r.rot is not null and m.deleted_at is null "
        "order by r.rot_at, m.id",
        0, NULL, columns, as_json != NULL);
}
