import BenchSupport
import Foundation

/// An nginx of our own on loopback.
final class Nginx {
  let port: Int
  private let process = Process()

  /// - Parameters:
  ///   - folder: what is served.
  ///   - place: an existing folder for its own files.
  ///   - rate: bytes a second of each connection; nil for all it can.
  init(folder: String, place: String, rate: Int?, tools: Tools) throws {
    port = try Loopback.freePort()
    let text = """
      daemon off;
      master_process off;
      pid \(place)/nginx.pid;
      error_log \(place)/nginx.log;
      events { worker_connections 256; }
      http {
        access_log off;
        sendfile on;
        tcp_nopush on;
        keepalive_requests 100000;
        client_body_temp_path \(place)/body;
        proxy_temp_path \(place)/proxy;
        fastcgi_temp_path \(place)/fastcgi;
        uwsgi_temp_path \(place)/uwsgi;
        scgi_temp_path \(place)/scgi;
        default_type application/octet-stream;
        server {
          listen 127.0.0.1:\(port);
          root \(folder);
          \(rate.map { "limit_rate \($0);" } ?? "")
        }
      }
      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(place)/nginx.conf"))
    process.executableURL = URL(fileURLWithPath: tools.nginx)
    process.arguments = ["-p", place, "-c", "\(place)/nginx.conf"]
    process.standardError = FileHandle.nullDevice
    try process.run()
    for _ in 0..<500 where !Loopback.answers(port) { usleep(10_000) }
    guard Loopback.answers(port) else {
      let log = (try? String(contentsOfFile: "\(place)/nginx.log", encoding: .utf8)) ?? ""
      throw Child.Failure(description: "nginx does not serve\n\(log)")
    }
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
  }
}
