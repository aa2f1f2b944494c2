#include "kernels/network/crawler/mirror/mirror.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "kernels/base/errors.hpp"
#include "tests/kernels/network/crawler/bad_server.hpp"
#include "tests/kernels/network/crawler/crawled.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using Peer = BadServer::Peer;
using Script = BadServer::Script;

class MirrorTest : public testing::Test {
 protected:
  MirrorTest() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~MirrorTest() override { fs::remove_all(folder_); }

  static std::string content(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::string host(const BadServer& server) {
    return "127.0.0.1_" + server.origin().substr(server.origin().rfind(':') + 1);
  }
  std::map<std::string, nlohmann::json> mirrored(const std::string& start, int depth = 1'000'000) {
    CrawlOptions options = quick(start);
    options.mirror = mirror_;
    options.limits.depth = depth;
    return crawled(options);
  }
  std::map<std::string, nlohmann::json> index() const {
    std::map<std::string, nlohmann::json> lines;
    std::ifstream file(fs::path(mirror_) / Mirror::index_file);
    for (std::string line; std::getline(file, line);) {
      const auto entry = nlohmann::json::parse(line);
      lines[entry.at("url")] = entry;
    }
    return lines;
  }

  const fs::path folder_ =
      fs::temp_directory_path() / ("parlab-mirror-" + std::to_string(getpid()));
  const std::string mirror_ = folder_ / "m";
};

Script file(const std::string& type, const std::string& body, const std::string& etag = "") {
  return [=](Peer& peer) {
    const bool is_known =
        !etag.empty() && peer.request.find("If-None-Match: " + etag) != std::string::npos;
    const std::string fields = etag.empty() ? "" : "ETag: " + etag + "\r\n";
    if (is_known)
      peer.send("HTTP/1.1 304 Same\r\n" + fields + "\r\n");
    else
      peer.send("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n" + fields +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  };
}

TEST_F(MirrorTest, HasWhatPagesNeedFromOtherHostsToo) {
  const BadServer cdn({{"/s.css", file("text/css", "p{background:url(i.png)}@import 't.css';")},
                       {"/i.png", file("image/png", "png")},
                       {"/t.css", file("text/css", "")},
                       {"/page", file("text/html", "not asked for")}});
  const BadServer server(
      {{"/", file("text/html", "<link rel=stylesheet href='" + cdn.origin() +
                                   "/s.css'><a href=/a>a</a><a href='" + cdn.origin() +
                                   "/page'>out</a><img src=/moved>")},
       {"/a", file("text/html", "<a href=/>back</a><img src=/lost.png>")},
       {"/moved", moves_to("/x.gif")},
       {"/x.gif", file("image/gif", "gif")}});
  mirrored(server.origin() + "/");
  const fs::path root(mirror_);
  const std::string page = content(root / host(server) / "index.html");
  EXPECT_THAT(page, HasSubstr("href='../" + host(cdn) + "/s.css'"));
  EXPECT_THAT(page, HasSubstr("<a href=a.html>"));
  EXPECT_THAT(page, HasSubstr("<a href='" + cdn.origin() + "/page'>"));
  EXPECT_THAT(page, HasSubstr("<img src=x.gif>"));
  EXPECT_EQ(cdn.asked("/page"), 0);
  EXPECT_EQ(content(root / host(cdn) / "s.css"), "p{background:url(i.png)}@import 't.css';");
  EXPECT_EQ(content(root / host(cdn) / "i.png"), "png");
  EXPECT_THAT(content(root / host(server) / "a.html"), HasSubstr("<img src=data:,>"));
  EXPECT_EQ(index().at(server.origin() + "/a").at("file"), host(server) + "/a.html");
  EXPECT_EQ(index().at(server.origin() + "/a").at("type"), "text/html");
  EXPECT_EQ(index().at(server.origin() + "/lost.png").at("status"), 404);
  EXPECT_EQ(index().at(server.origin() + "/moved").at("redirect"), server.origin() + "/x.gif");
}

TEST_F(MirrorTest, CorrectsLinksWhoseFilesHaveOtherNamesThanTheirAddresses) {
  const BadServer cdn({{"/out", file("text/html", "out")}});
  const std::string out = cdn.origin() + "/out";
  const BadServer server(
      {{"/", file("text/html",
                  "<a href=/lost><a href=/picture><a href=/Same><a href=/same><a href=/text.html>"
                  "<a href=/moved><a href=/circle><a href='" +
                      out + "'><a href=/frame>")},
       {"/picture", file("image/png", "png")},
       {"/Same", file("text/html", "A")},
       {"/same", file("text/html", "a")},
       {"/text.html", file("text/plain", "text")},
       {"/moved", moves_to("/picture")},
       {"/circle", moves_to("/circle2")},
       {"/circle2", moves_to("/circle")},
       {"/frame", file("text/html", "<iframe src='" + out + "'></iframe>")}});
  mirrored(server.origin() + "/");
  const fs::path root = fs::path(mirror_) / host(server);
  const auto entries = index();
  const auto name_of = [&](const std::string& path) {
    return entries.at(server.origin() + path)
        .at("file")
        .get<std::string>()
        .substr(host(server).size() + 1);
  };
  EXPECT_NE(name_of("/Same"), name_of("/same"));
  EXPECT_EQ(content(root / "index.html"),
            "<a href=" + server.origin() + "/lost><a href=picture><a href=" + name_of("/Same") +
                "><a href=" + name_of("/same") +
                "><a href=text.html><a href=picture><a href=" + server.origin() +
                "/circle><a href='../" + host(cdn) + "/out.html'><a href=frame.html>");
  EXPECT_EQ(content(root / "frame.html"), "<iframe src='../" + host(cdn) + "/out.html'></iframe>");
}

TEST_F(MirrorTest, RewritesWhatEarlierRunsLeft) {
  std::map<std::string, Script> scripts = {{"/", file("text/html", "<a href=/a><a href=/b>")},
                                           {"/a", file("text/html", "<a href=/b>")}};
  std::atomic<bool> has_b{false};
  scripts["/b"] = [&](Peer& peer) {
    if (has_b) return file("text/html", "b")(peer);
    peer.send("HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n");
  };
  scripts["/only-b"] = file("text/html", "<a href=/b>");
  const BadServer server(scripts);
  mirrored(server.origin() + "/");
  EXPECT_EQ(content(fs::path(mirror_) / host(server) / "a.html"),
            "<a href=" + server.origin() + "/b>");
  has_b = true;
  mirrored(server.origin() + "/only-b");  // does not come to /a
  EXPECT_EQ(content(fs::path(mirror_) / host(server) / "a.html"), "<a href=b.html>");
}

TEST_F(MirrorTest, WritesToMoreFoldersThanItKeepsOpen) {
  std::map<std::string, Script> scripts;
  std::string links;
  for (int i = 0; i < 200; ++i) {
    const std::string path = "/" + std::to_string(i % 50) + "/x/" + std::to_string(i);
    scripts[path] = file("text/html", std::to_string(i));
    links += "<a href=" + path + ">";
  }
  scripts["/"] = file("text/html", links);
  const BadServer server(scripts);
  EXPECT_EQ(mirrored(server.origin() + "/").size(), 201U);
  for (int i = 0; i < 200; ++i) {
    const std::string path = std::to_string(i % 50) + "/x/" + std::to_string(i) + ".html";
    EXPECT_EQ(content(fs::path(mirror_) / host(server) / path), std::to_string(i));
  }
}

TEST_F(MirrorTest, AsksTheNextTimeForWhatHasChanged) {
  std::map<std::string, Script> scripts = {
      {"/", file("text/html", "<a href=/a><img src=/i.png>", "\"1\"")},
      {"/a", file("text/html", "<a href=/b>", "\"2\"")},
      {"/b", file("text/html", "old")},
      {"/i.png", file("image/png", "png", "\"4\"")}};
  std::string b = "old";
  scripts["/b"] = [&](Peer& peer) { file("text/html", b)(peer); };
  const BadServer server(scripts);
  mirrored(server.origin() + "/");
  b = "new";
  const auto again = mirrored(server.origin() + "/");
  EXPECT_EQ(again.size(), 4U);
  EXPECT_EQ(again.at(server.origin() + "/a").at("status"), 304);
  EXPECT_TRUE(again.at(server.origin() + "/a").at("error").is_null());
  EXPECT_EQ(content(fs::path(mirror_) / host(server) / "b.html"), "new");
  EXPECT_EQ(content(fs::path(mirror_) / host(server) / "i.png"), "png");
  EXPECT_EQ(content(fs::path(mirror_) / host(server) / "index.html"),
            "<a href=a.html><img src=i.png>");
  // What is gone from the disk is asked for whole.
  fs::remove(fs::path(mirror_) / host(server) / "i.png");
  mirrored(server.origin() + "/");
  EXPECT_EQ(content(fs::path(mirror_) / host(server) / "i.png"), "png");
}

TEST_F(MirrorTest, FollowsLinksNoDeeperThanAsked) {
  const BadServer server({{"/", file("text/html", "<a href=/a><img src=/i>")},
                          {"/a", file("text/html", "<a href=/b><img src=/j>")},
                          {"/i", file("image/png", "i")},
                          {"/j", file("image/png", "j")}});
  mirrored(server.origin() + "/", 1);
  EXPECT_EQ(server.asked("/j"), 1);
  EXPECT_EQ(server.asked("/b"), 0);
}

TEST_F(MirrorTest, WritesNothingOutsideItsFolder) {
  const BadServer server({{"/", file("text/html", "<a href='/..%2f..%2fout'><a href=/link/x>")},
                          {"/..%2F..%2Fout", file("text/html", "1")},
                          {"/link/x", file("text/html", "2")}});
  mirrored(server.origin() + "/");
  EXPECT_FALSE(fs::exists(folder_ / "out.html"));
  const fs::path trap = fs::path(mirror_) / host(server) / "link";
  fs::remove_all(trap);
  fs::create_directories(folder_ / "elsewhere");
  fs::create_directory_symlink(folder_ / "elsewhere", trap);
  try {
    mirrored(server.origin() + "/");
    FAIL() << "it wrote through a link";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("symbolic link"));
  }
  EXPECT_TRUE(fs::is_empty(folder_ / "elsewhere"));
  fs::remove(trap);
  fs::remove(fs::path(mirror_) / host(server) / "index.html");
  std::ofstream(folder_ / "kept") << "kept";
  fs::create_symlink(folder_ / "kept", fs::path(mirror_) / host(server) / "index.html");
  mirrored(server.origin() + "/");
  EXPECT_EQ(content(folder_ / "kept"), "kept");
}

TEST_F(MirrorTest, RefusesFoldersOfOthers) {
  fs::create_directories(mirror_);
  std::ofstream(fs::path(mirror_) / "thesis.txt") << "years";
  EXPECT_THROW(Mirror{mirror_}, UsageError);
  std::ofstream(fs::path(mirror_) / Mirror::index_file) << "no index\n";
  EXPECT_THROW(Mirror{mirror_}, UsageError);
  EXPECT_THROW(Mirror{mirror_ + "/thesis.txt"}, UsageError);
}

TEST_F(MirrorTest, DoesNotTrustPathsOfItsIndex) {
  fs::create_directories(mirror_);
  std::ofstream(folder_ / "out") << "kept";
  const BadServer server({{"/", file("text/html", "new")}});
  std::ofstream(fs::path(mirror_) / Mirror::index_file)
      << R"({"url":")" << server.origin()
      << R"(/","status":200,"file":"../out","type":"text/html"})"
      << "\n";
  mirrored(server.origin() + "/");
  EXPECT_EQ(content(folder_ / "out"), "kept");
  EXPECT_EQ(content(fs::path(mirror_) / host(server) / "index.html"), "new");
}

}  // namespace
}  // namespace parlab
