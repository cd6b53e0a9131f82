/**
 * Hosts below which anyone can get a name, in addition to those on the public suffix list. Pure. A wildcard on one of
 * them would admit every customer of that host, so it is refused; an exact page, or a wildcard below a customer's own
 * name, is not.
 */
import { getPublicSuffix } from 'tldts';

const words = (text: string): string[] => text.trim().split(/\s+/);

/**
 * Site builders, blogs, shops, forums and code playgrounds that give each customer `name.host` and are not on the public
 * suffix list of 2026-08-19. Source: the address that each service's help pages give a new site.
 */
const siteHosts = words(`
  000webhostapp.com atlassian.net bandcamp.com beehiiv.com bigcartel.com blogger.com
  canalblog.com cargo.site clickfunnels.com codepen.io codesandbox.io deviantart.com
  fandom.com format.com forumotion.com freeforums.net ghost.io glitch.me
  godaddysites.com gumroad.com hashnode.dev hubspotpagebuilder.com instapage.com itch.io
  jimdofree.com jimdosite.com jouwweb.nl jsfiddle.net kajabi.com kinsta.cloud
  leadpages.net livejournal.com loca.lt localhost.run mailchimpsites.com medium.com
  mybigcommerce.com mykajabi.com myportfolio.com mystrikingly.com neocities.org over-blog.com
  plnkr.co podia.com proboards.com serveo.net sharepoint.com site123.me
  softr.app squarespace.com stackblitz.io strikingly.com substack.com teachable.com
  thinkific.com tilda.ws tumblr.com typepad.com ueniweb.com unbouncepages.com
  webador.com webcontainer.io webnode.page weebly.com wikidot.com wix.com
  wixstudio.com wixstudio.io wordpress.com wpengine.com wpenginepowered.com zendesk.com
`);

/**
 * Hosts of which the public suffix list names only parts, such as `s3.amazonaws.com`: a wildcard on the whole covers
 * those parts. Source: the parents of the list's rules (publicsuffix.org, commit e8c9a2b of 2026-08-19) that are not
 * suffixes themselves, without universities and places.
 */
const parentsOfSuffixes = words(`
  amazonaws.com amazonaws.com.cn amazoncognito.com amazonwebservices.com.cn amazonwebservices.eu azure.com
  bubble.io canva.site canvasite.cn cdn77-secure.org cdn77.net cdn77.org
  clever-cloud.com cloudflareanycast.net cloudflarecn.net cloudflareglobal.net crm.dev emergentagent.com
  evervault.app evervault.dev fastly.net fbsbx.com googleapis.com jelastic.cloud
  lair.io linode.com linodeusercontent.com massivegrid.com massivegrid.net mythic-beasts.com
  observableusercontent.com on.aws ovh.net platform.sh quickconnect.cn quickconnect.to
  railway.app reclaim.cloud render.com sagemaker.aws scw.cloud storage.dev
  transip.me usgovcloudapi.net wafaicloud.com windows.net
`);

/**
 * At any depth: names that encode an IP address (`x.10-0-0-1.nip.io`), or that resolve to the visitor's own machine.
 * Source: the services' own pages.
 */
const madeOfAddresses = words(`
  nip.io sslip.io xip.io traefik.me localtest.me lvh.me vcap.me lacolhost.com
`);

const shared = [...siteHosts, ...parentsOfSuffixes, ...madeOfAddresses];

/** @param host in lower case, as the URL standard writes it */
export function isSharedHost(host: string): boolean {
  return (
    getPublicSuffix(host, { allowPrivateDomains: true }) === host ||
    shared.some((entry) => entry === host || entry.endsWith(`.${host}`)) ||
    madeOfAddresses.some((entry) => host.endsWith(`.${entry}`)) ||
    // A region (`eu-west-1.amazonaws.com`) contains names of all its customers, as the whole does.
    isAmazonRegion(host)
  );
}

/** Below `amazonaws.com` only a name under a public suffix belongs to a single customer. */
function isAmazonRegion(host: string): boolean {
  if (!/\.amazonaws\.com(\.cn)?$/.test(host)) return false;
  const suffix = getPublicSuffix(host, { allowPrivateDomains: true }) ?? '';
  return !suffix.includes('amazonaws');
}
