"""Names one has to know: shorteners, places that pass visitors on, free pages and free mail. Ours, and kept short."""

_SHORTENERS_WORDS = """
    bit.ly tinyurl.com t.co goo.gl ow.ly is.gd v.gd buff.ly cutt.ly rebrand.ly rb.gy shorturl.at t.ly tiny.cc bl.ink
    short.io s.id lnkd.in adf.ly bit.do tr.im soo.gd clck.ru vk.cc u.to qr.ae shorte.st ouo.io linktr.ee t2m.io
    tinu.be urlz.fr kutt.it surl.li shorturl.asia qrco.de me2.do n9.cl dub.sh 2u.pw tny.im x.co j.mp po.st su.pr
    hyperurl.co da.gd y2u.be b.link lihi.cc reurl.cc ppt.cc bom.so urly.it t.me l.ead.me chilp.it zpr.io
    """
SHORTENERS = frozenset(_SHORTENERS_WORDS.split()) - {"t.me", "linktr.ee"}
# Addresses of great houses that lead wherever their query says.
REDIRECTORS: tuple[tuple[str, str], ...] = (
    ("google.", "/url?"), ("google.", "/amp/"), ("google.", "/amp/s/"), ("bing.com", "/ck/"), ("facebook.com", "/l.php?"),
    ("facebook.com", "/flx/warn"), ("youtube.com", "/redirect?"), ("linkedin.com", "/redir/"), ("linkedin.com", "/slink?"),
    ("doubleclick.net", "/"), ("googleadservices.com", "/pagead/aclk"), ("googlesyndication.com", "/"),
    ("baidu.com", "/link?"), ("yandex.", "/clck/"), ("yahoo.com", "/"), ("translate.goog", "/"),
    ("duckduckgo.com", "/l/?"), ("medium.com", "/r/"), ("steamcommunity.com", "/linkfilter"), ("vk.com", "/away.php"),
    ("adnxs.com", "/"), ("awstrack.me", "/L0/"),
)  # fmt: skip
_FREE_PAGES_WORDS = """
    web.app firebaseapp.com pages.dev workers.dev r2.dev netlify.app vercel.app herokuapp.com onrender.com glitch.me
    surge.sh repl.co replit.app weebly.com weeblysite.com wixsite.com editorx.io blogspot.com wordpress.com
    square.site godaddysites.com webflow.io notion.site canva.site carrd.co strikingly.com jimdosite.com yolasite.com
    webnode.page mystrikingly.com hostingersite.com 000webhostapp.com infinityfreeapp.com epizy.com
    duckdns.org ddns.net hopto.org sytes.net ngrok.io ngrok-free.app ngrok.app trycloudflare.com loca.lt serveo.net
    azurewebsites.net web.core.windows.net blob.core.windows.net azurefd.net cloudfront.net storage.googleapis.com
    firebasestorage.googleapis.com appspot.com run.app s3.amazonaws.com linodeobjects.com digitaloceanspaces.com
    translate.goog ipfs.io dweb.link cf-ipfs.com fleek.co forms.gle typeform.com jotform.com formstack.com
    page.link plesk.page builderall.com github.io gitbook.io
    """
FREE_PAGES = frozenset(_FREE_PAGES_WORDS.split()) - {"cloudfront.net", "github.io", "typeform.com"}
FREE_PAGE_PATHS: tuple[tuple[str, str], ...] = (
    ("sites.google.com", "/"), ("docs.google.com", "/forms/"), ("docs.google.com", "/drawings/"),
    ("docs.google.com", "/presentation/"), ("forms.office.com", "/"), ("storage.googleapis.com", "/"),
    ("script.google.com", "/"),
)  # fmt: skip
_FREE_MAIL_WORDS = """
    gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com aol.com icloud.com me.com
    mac.com gmx.com gmx.net gmx.de web.de mail.com mail.ru bk.ru inbox.ru list.ru yandex.ru yandex.com proton.me
    protonmail.com tutanota.com zoho.com qq.com 163.com 126.com sina.com naver.com daum.net hanmail.net rediffmail.com
    libero.it laposte.net orange.fr free.fr wanadoo.fr t-online.de freenet.de wp.pl o2.pl onet.pl interia.pl seznam.cz
    terra.com.br uol.com.br bol.com.br hotmail.co.uk hotmail.fr hotmail.de yahoo.co.uk yahoo.fr yahoo.de yahoo.co.jp
    """
FREE_MAIL = frozenset(_FREE_MAIL_WORDS.split())


def is_shortener(host: str) -> bool:
    """Whether a host makes short addresses of long ones."""
    return host.removeprefix("www.") in SHORTENERS


def is_redirector(host: str, path: str) -> bool:
    """Whether an address of a great house leads wherever its query says."""
    bare = host.removeprefix("www.")
    return any(
        (bare.startswith(name) if name.endswith(".") else bare == name or bare.endswith("." + name))
        and path.startswith(start)
        for name, start in REDIRECTORS
    )


def free_page(host: str, path: str) -> str:
    """Return the house in which anybody may put up a page, or ''."""
    at = host
    while at:
        if at in FREE_PAGES:
            return at
        at = at.partition(".")[2]
    return next((name for name, start in FREE_PAGE_PATHS if host == name and path.startswith(start)), "")
