// What a server may send, spoiled at random: nothing crashes, hangs or reads beyond its end (seen by the
// sanitizers), and what must hold for any input holds. The seed and the number of runs of each are
// PARLAB_FUZZ_SEED and PARLAB_FUZZ_RUNS in the environment, or the same each time.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "kernels/base/text/ascii.hpp"
#include "kernels/network/crawler/mirror/link_rewriter.hpp"
#include "kernels/network/crawler/mirror/mirror_names.hpp"
#include "kernels/network/crawler/parsing/address.hpp"
#include "kernels/network/crawler/parsing/content_coding.hpp"
#include "kernels/network/crawler/parsing/cookies.hpp"
#include "kernels/network/crawler/parsing/robots.hpp"
#include "kernels/network/crawler/parsing/sitemap.hpp"
#include "kernels/network/crawler/references/character_references.hpp"
#include "kernels/network/crawler/references/html_references.hpp"
#include "kernels/network/crawler/references/srcset.hpp"
#include "kernels/network/http/http_parser.hpp"
#include "tests/kernels/network/crawler/fuzz/mutation.hpp"

namespace parlab {
namespace {

std::uint64_t variable(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets it
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// Calls take(input, mutation) for each input; ends at the first failure, and shows the input.
template <class Take>
void fuzz(std::vector<std::string> corpus, std::vector<std::string> words, const Take& take) {
  const std::uint64_t runs = variable("PARLAB_FUZZ_RUNS", 20'000);
  Mutation mutation(std::move(corpus), std::move(words), variable("PARLAB_FUZZ_SEED", 17));
  for (std::uint64_t run = 0; run < runs; ++run) {
    const std::string input = mutation.next();
    take(input, mutation);
    if (testing::Test::HasFailure()) {
      ADD_FAILURE() << "run " << run << ": " << testing::PrintToString(input);
      return;
    }
  }
}

bool is_printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

const std::vector<std::string> addresses = {"http://example.com/a/b?c=d#e",
                                            "https://[2001:db8::1]:8443/%41%2f",
                                            "//b\u00FCcher.example/x",
                                            "../../c?x=\xE4&y",
                                            "http:\\\\h\\p",
                                            "http://0x7f.1/",
                                            "?q",
                                            "/a//b/./../c;p=1",
                                            "http://xn--bcher-kva.example.:80/",
                                            "http://user:pw@h/",
                                            "HTTP://H%2e/",
                                            "mailto:a@b"};
const std::vector<std::string> address_words = {"://",
                                                "//",
                                                "..",
                                                "/./",
                                                "%",
                                                "%2e",
                                                "%00",
                                                "@",
                                                ":",
                                                "[",
                                                "]",
                                                "?",
                                                "#",
                                                "\\",
                                                "\t",
                                                "http:",
                                                "https:",
                                                "\xE3\x80\x82",
                                                "xn--",
                                                "0x",
                                                "999",
                                                ":65536",
                                                "\xF0\x9F\x98\x80",
                                                "\xC2\xAD"};

TEST(Fuzz, Addresses) {
  const Address base = *Address::parse("http://base.example/a/b/c?d");
  const auto label = Charset::labelled("windows-1251");
  fuzz(addresses, address_words, [&](const std::string& input, Mutation&) {
    for (const auto& address :
         {Address::parse(input), base.resolve(input), base.resolve(input, *label)}) {
      if (!address) continue;
      // A normal form is its own.
      const auto again = Address::parse(address->text());
      ASSERT_TRUE(again) << address->text();
      EXPECT_EQ(again->text(), address->text());
      EXPECT_EQ(again->host(), address->host());
      EXPECT_TRUE(is_printable_ascii(address->text()));
      EXPECT_LE(address->text().size(), longest_address);
      EXPECT_TRUE(address->target().starts_with('/'));
      EXPECT_EQ(address->origin() + std::string(address->target()), address->text());
      MirrorNames names("index");
      EXPECT_TRUE(MirrorNames("index").take(names.path_for(*address, "text/html")));
    }
  });
}

TEST(Fuzz, Robots) {
  fuzz({"User-agent: *\nDisallow: /a*b$\nAllow: /a\nCrawl-delay: 2\n",
        "user-agent: parlab\r\nuser-agent: x\r\nDisallow: /%2A%24<>\r\nSitemap: http://h/s\r\n",
        "\xEF\xBB\xBFUser-Agent:parlab/2 # c\rdisallow:/**********a\rDisallow:\r"},
       {"User-agent: ", "Disallow: ", "Allow: ", "*", "$", "%", "#", "\n", "\r", ":", "parlab",
        "1e999"},
       [](const std::string& input, Mutation& mutation) {
         const Robots robots = Robots::parse(input, "parlab");
         const std::string target = "/" + std::string(mutation.below(60), 'a') + "*$b%2A";
         const bool allowed = robots.allows(target);
         EXPECT_EQ(robots.allows(target), allowed);
         EXPECT_TRUE(robots.allows("/robots.txt"));
         if (const auto delay = robots.crawl_delay()) {
           EXPECT_GT(delay->count(), 0);
           EXPECT_LE(delay->count(), 60);
         }
         // What stands behind a group for another agent only adds nothing for us.
         const bool has_names = lower(input).find("user-agent") != std::string::npos;
         if (!has_names) {
           EXPECT_TRUE(allowed);
         }
       });
}

TEST(Fuzz, Cookies) {
  const std::time_t now = 1'700'000'000;
  fuzz({"a=b; Path=/x; Expires=Wed, 21 Oct 2037 07:28:00 GMT; Secure; HttpOnly",
        "id=\xE4; Domain=.h.example; Max-Age=10", "=x", "a", "n=v; expires=1 Jan 99 0:0:0",
        "__Host-a=b; secure; path=/"},
       {";", "=", "Path=", "Domain=", "Max-Age=", "Expires=", "99999999999999999999", "-1", "\t",
        "\r\n", "\"", ","},
       [](const std::string& input, Mutation& mutation) {
         CookieJar jar;
         for (std::size_t count = 1 + mutation.below(3); count > 0; --count)
           jar.take(input, "h.example", "/x/y?z", now);
         for (const char* target : {"/", "/x", "/x/y/z?q", "/xy"}) {
           const std::string header = jar.header(target, true, now);
           EXPECT_EQ(header.find_first_of(std::string_view("\r\n\0", 3)), std::string::npos);
           EXPECT_GE(header.size(), jar.header(target, false, now).size());
           EXPECT_LE(header.size(), input.size() + 1);  // the same cookie again takes its place
         }
       });
}

TEST(Fuzz, Sitemaps) {
  fuzz({"<?xml encoding='latin1'?><urlset><url><loc>http://h/a&amp;b</loc></url></urlset>",
        "<s:sitemapindex><s:sitemap><s:loc><![CDATA[http://h/x]]></s:loc></s:sitemap>",
        "<rss><channel><item><link>http://h/i</link></item></channel></rss>",
        "<feed><entry><link rel='alternate' href=\"http://h/e\"/></entry></feed>",
        "http://h/1\nhttp://h/2\r\n", std::string("\xFF\xFE<\0u\0r\0l\0", 10)},
       {"<", ">", "</", "/>", "<!--", "-->", "<![CDATA[", "]]>", "&#x2F;", "&", "<url>", "<loc>",
        "</loc>", "<?xml", "?>", "\x1F\x8B"},
       [](const std::string& input, Mutation&) {
         const Sitemap sitemap = read_sitemap(input, "application/xml", 100'000);
         std::size_t bytes = 0;
         for (const std::string& location : sitemap.locations) {
           EXPECT_FALSE(location.empty());
           bytes += location.size();
         }
         EXPECT_LE(bytes, 4 * input.size());
       });
}

const std::vector<std::string> responses = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/html\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: t\r\n\r\n",
    "HTTP/1.1 103 E\r\n\r\nHTTP/1.1 404\nX : y\n\nrest", "HTTP/1.0 301 M\r\nLocation: /x\r\n\r\n",
    "\r\nHTTP/1.1 204 N\r\nSet-Cookie: a=b\r\n\r\n"};

struct Outcome {
  MessageFault fault;
  bool complete;
  int status;
  std::string body;
  bool operator==(const Outcome&) const = default;
};

Outcome read_message(std::string_view text, MessageReader::Kind kind, Mutation* pieces) {
  MessageReader reader(kind, {.header = 2048, .body = 2048, .framing = 4096});
  while (!text.empty() && reader.wants_more()) {
    const auto room = reader.room();
    EXPECT_FALSE(room.empty());
    const std::size_t piece = pieces ? 1 + pieces->below(20) : text.size();
    const std::size_t count = std::min({piece, text.size(), room.size()});
    std::copy_n(text.begin(), count, room.begin());
    reader.took(count);
    text.remove_prefix(count);
  }
  if (reader.wants_more()) reader.ended();
  EXPECT_FALSE(reader.wants_more());
  EXPECT_LE(reader.body().size(), 2048U);
  EXPECT_FALSE(reader.complete() && reader.fault() != MessageFault::none);
  if (!reader.complete()) return {reader.fault(), false, 0, ""};
  return {reader.fault(), true, reader.status(), reader.body()};
}

TEST(Fuzz, Http) {
  fuzz(responses,
       {"\r\n", "\n", ":", " ", "\t", "Content-Length: ", "Transfer-Encoding: chunked\r\n",
        "0\r\n\r\n", "ffffffffffffffff", "HTTP/1.1 ", "Connection: close\r\n", "\r\n\r\n", "-1",
        std::string(1, 0)},
       [](const std::string& input, Mutation& mutation) {
         const auto whole = read_message(input, MessageReader::Kind::response, nullptr);
         const auto pieces = read_message(input, MessageReader::Kind::response, &mutation);
         // However it comes, a whole message is the same.
         EXPECT_EQ(whole.complete, pieces.complete);
         if (whole.complete) {
           EXPECT_EQ(whole, pieces);
         }
         read_message(input, MessageReader::Kind::request, &mutation);
       });
}

const std::vector<std::string> pages = {
    "<!doctype html><base href=/b/><a href='x?a&amp;b#c'>t</a><img srcset='a 1x, b 2x' src=\"i\">",
    "<script>'<a href=x>'</script><style>@import 'a'; p { background: url( \"b\\20 c\" ) }</style>",
    "<!-- <a href=x> --!><meta http-equiv=refresh content='0; url=\"m\"'>",
    "<p style='x:url(&quot;q&quot;)'>",
    "<meta charset=utf-16><textarea><a href=y></textarea><svg><use href='#z'/></svg><iframe src=f>",
    "<a\nhref = \xE4\xF6 id=i name=n><link rel='stylesheet next' integrity=x crossorigin href=c>"};
const std::vector<std::string> page_words = {
    "<",           ">",         "</",       "/>",       "<!--",      "-->",         "\"",
    "'",           "=",         "<a href=", "<script>", "</script>", "<style>",     "</style>",
    "<plaintext>", "&amp",      "&#x2F;",   "&notin;",  "&",         "url(",        "@import ",
    "\\",          "/*",        "*/",       " srcset=", ",",         "<base href=", "\xEF\xBB\xBF",
    "data:",       "<![CDATA[", "\xC3\xA9", "\xFF"};

TEST(Fuzz, Html) {
  const Address address = *Address::parse("http://h.example/d/p.html");
  const auto file_of = [](const Address& target, const Reference&) -> std::optional<std::string> {
    if (target.text().size() % 2 == 0) return std::nullopt;
    return "h.example/f/" + std::to_string(target.text().size()) + ".html";
  };
  fuzz(pages, page_words, [&](const std::string& input, Mutation&) {
    for (const bool is_xml : {false, true}) {
      const PageReferences found = references_of_html(input, is_xml);
      for (const Reference& reference : found.references) {
        ASSERT_LE(reference.begin, reference.end);
        ASSERT_LE(reference.end, input.size());
        EXPECT_GE(reference.line, 1U);
      }
      for (const auto& [begin, end] : found.online_only) {
        ASSERT_LE(begin, end);
        ASSERT_LE(end, input.size());
      }
    }
    for (const char* type : {"text/html", "application/xhtml+xml", "text/css"}) {
      ReadPage page(address, type, input, "parlab");
      const std::string once = rewritten(page, "h.example/d/p.html", file_of);
      // Nothing in it makes a browser ask the network for what it shows.
      const ReadPage left(address, type, once);
      for (const Reference& reference : left.found().references) {
        const std::string scheme = scheme_of(reference.url);
        if (is_shown(reference)) {
          EXPECT_TRUE(scheme != "http" && scheme != "https") << once;
        }
      }
    }
    const DecodedText decoded = decode_references(input, true);
    EXPECT_TRUE(std::ranges::is_sorted(decoded.places));
    if (!decoded.places.empty()) {
      EXPECT_EQ(decoded.places.size(), decoded.text.size() + 1);
      EXPECT_EQ(decoded.places.back(), input.size());
    }
    for (const SrcsetCandidate& candidate : candidates_of_srcset(input))
      ASSERT_LE(candidate.begin + candidate.url.size(), input.size());
  });
}

}  // namespace
}  // namespace parlab
