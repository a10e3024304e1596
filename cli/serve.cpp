// serve.cpp: a small web server for one reader: GET of pages, and one stream of events that says "reload".
// Depends on serve.h, POSIX sockets.
// SPDX-License-Identifier: Apache-2.0
//
// It listens on 127.0.0.1 only, and answers only requests that were addressed to this machine by name, so that no page
// of another site can read the documentation through the reader's browser.
#include "cli/serve.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <map>

namespace janus {
namespace {

constexpr size_t kMaxRequest = 16 * 1024;
constexpr size_t kMaxClients = 64;

struct Client {
  int fd = -1;
  std::string in, out;
  bool events = false;   // waits for "reload"
  bool last = false;     // closed when `out` is sent
};

const char* type_of(std::string_view path) {
  if (path.ends_with(".html")) return "text/html; charset=utf-8";
  if (path.ends_with(".css")) return "text/css; charset=utf-8";
  if (path.ends_with(".js")) return "text/javascript; charset=utf-8";
  static constexpr const char* kPictures[][2] = {
      {".png", "image/png"},   {".jpg", "image/jpeg"},  {".jpeg", "image/jpeg"},  {".gif", "image/gif"},
      {".webp", "image/webp"}, {".avif", "image/avif"}, {".svg", "image/svg+xml"}};
  for (auto [ending, type] : kPictures)
    if (path.ends_with(ending)) return type;
  return "application/octet-stream";
}

class Server {
 public:
  Server(Context& context, int port, const std::function<Served()>& look)
      : context_(context), port_(port), look_(look) {}

  int run(const std::string& open_with) {
    if (!look_again()) return kFailed;
    int code = listen_();
    if (code) return code;
    std::string address = "http://localhost:" + std::to_string(port_) + "/";
    context_.console.say("serving " + address + " (Ctrl-C ends it)");
    context_.console.flush();
    if (!open_with.empty()) (void)!std::system((open_with + " '" + address + "' >/dev/null 2>&1 &").c_str());
    auto looked = std::chrono::steady_clock::now();
    while (true) {
      std::vector<pollfd> fds = {{listener_, POLLIN, 0}};
      for (const Client& c : clients_)
        fds.push_back({c.fd, static_cast<short>(c.out.empty() ? POLLIN : POLLIN | POLLOUT), 0});
      int ready = ::poll(fds.data(), fds.size(), 250);
      if (ready < 0 && errno != EINTR)
        return context_.console.fail(kEnvironment, std::string("cannot wait for readers: ") + why_of(errno));
      if (ready > 0) {
        for (size_t i = 1; i < fds.size(); ++i)
          if (fds[i].revents) handle(clients_[i - 1], fds[i].revents);
        std::erase_if(clients_, [](const Client& c) { return c.fd < 0; });
        if (fds[0].revents & POLLIN) accept_();
      }
      auto now = std::chrono::steady_clock::now();
      if (now - looked < std::chrono::milliseconds(250)) continue;
      looked = now;
      if (changed() && look_again())
        for (Client& c : clients_)
          if (c.events) c.out += "data: reload\n\n";
    }
  }

 private:
  // ---- pages

  static int64_t stamp(const std::string& path) {
    struct stat s;
    if (::stat(path.c_str(), &s) != 0) return -1;
    return static_cast<int64_t>(s.st_mtim.tv_sec) * 1'000'000'000 + s.st_mtim.tv_nsec + s.st_size;
  }
  bool changed() {
    for (auto& [path, old] : stamps_)
      if (stamp(path) != old) return true;
    return false;
  }
  bool look_again() {
    Served served = look_();
    stamps_.clear();
    for (const std::string& path : served.watched) stamps_[path] = stamp(path);
    if (!served.pages) return pages_ != nullptr;
    pages_ = std::move(served.pages);
    made_.clear();
    return true;
  }
  const std::string* page(const std::string& path) {
    auto found = made_.find(path);
    if (found != made_.end()) return &found->second;
    std::string bytes;
    if (!pages_->make(path, bytes)) return nullptr;
    return &(made_[path] = std::move(bytes));
  }

  // ---- the wire

  int listen_() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int yes = 1;
    if (listener_ >= 0) ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port_));
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 16) != 0)
      return context_.console.fail(kEnvironment,
                                   "cannot listen on port " + std::to_string(port_) + ": " + why_of(errno),
                                   "choose another with --port");
    socklen_t size = sizeof address;
    if (::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0)
      port_ = ntohs(address.sin_port);  // --port 0: any free one
    return kDone;
  }
  void accept_() {
    int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    if (clients_.size() >= kMaxClients) ::close(fd);
    else clients_.push_back({fd, "", "", false, false});
  }
  void drop(Client& c) {
    ::close(c.fd);
    c.fd = -1;
  }
  void handle(Client& c, short events) {
    char buffer[4096];
    if (events & (POLLIN | POLLHUP | POLLERR)) {
      ssize_t n = ::recv(c.fd, buffer, sizeof buffer, 0);
      if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return drop(c);
      if (n > 0) c.in.append(buffer, static_cast<size_t>(n));
      if (c.in.size() > kMaxRequest) return drop(c);
      for (size_t end; !c.last && (end = c.in.find("\r\n\r\n")) != std::string::npos;) {
        std::string request = c.in.substr(0, end + 2);
        c.in.erase(0, end + 4);
        answer(c, request);
      }
    }
    if (!c.out.empty()) {
      ssize_t n = ::send(c.fd, c.out.data(), c.out.size(), MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN && errno != EINTR) return drop(c);
      if (n > 0) c.out.erase(0, static_cast<size_t>(n));
    }
    if (c.out.empty() && c.last) drop(c);
  }

  void answer(Client& c, const std::string& request) {
    size_t space = request.find(' '), second = request.find(' ', space + 1);
    std::string method = request.substr(0, space),
                path = second == std::string::npos ? "" : request.substr(space + 1, second - space - 1);
    path = path.substr(0, path.find_first_of("?#"));
    if (path == "/") path = "/index.html";
    if (!is_for_here(request))
      return reply(c, "403 Forbidden", "text/plain", "this server answers to localhost only\n", method);
    if (method != "GET" && method != "HEAD")
      return reply(c, "405 Method Not Allowed", "text/plain", "GET only\n", method);
    if (path == "/__janus_reload") {
      c.events = true;
      c.out += "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n\r\nretry: 500\n\n";
      return;
    }
    const std::string* bytes = page(path.empty() ? path : path.substr(1));
    if (!bytes) return reply(c, "404 Not Found", "text/plain", "there is no such page\n", method);
    reply(c, "200 OK", type_of(path), *bytes, method);
  }
  bool is_for_here(const std::string& request) const {
    std::string lower;
    for (char ch : request) lower += ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch + 32) : ch;
    size_t at = lower.find("\r\nhost:");
    if (at == std::string::npos) return false;
    std::string host = lower.substr(at + 7, lower.find("\r\n", at + 7) - at - 7);
    host.erase(0, host.find_first_not_of(' '));
    host = host.substr(0, host.rfind(':'));
    return host == "localhost" || host == "127.0.0.1";
  }
  static void reply(Client& c, const char* status, const char* type, std::string_view body, std::string_view method) {
    c.out += std::string("HTTP/1.1 ") + status + "\r\nContent-Type: " + type +
             "\r\nContent-Length: " + std::to_string(body.size()) +
             "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n";
    if (method != "HEAD") c.out += body;
  }

  Context& context_;
  int port_;
  const std::function<Served()>& look_;
  int listener_ = -1;
  std::unique_ptr<Pages> pages_;
  std::map<std::string, std::string> made_;   // of pages_, by path
  std::map<std::string, int64_t> stamps_;
  std::vector<Client> clients_;
};

}  // namespace

int serve(Context& context, int port, const std::string& open_with, const std::function<Served()>& look) {
  return Server(context, port, look).run(open_with);
}

}  // namespace janus
