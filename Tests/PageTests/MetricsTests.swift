import Catalog
import Domain
import Foundation
import TestSupport
import Testing

@testable import Page

@Suite("Metrics")
struct MetricsTests {
  /// A sample as the format defines it.
  private struct Sample {
    var name: String
    var labels: [String: String]
    var value: Double
  }

  /// Reads the text exposition format, version 0.0.4, and throws for whatever it does not allow.
  private func parsed(_ text: String) throws -> [Sample] {
    struct Wrong: Error { let line: Substring }
    var samples: [Sample] = []
    var (types, helps, order) = ([String: Substring](), Set<String>(), [String]())
    #expect(text.hasSuffix("\n"))
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
      if let match = line.wholeMatch(of: #/# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)/#) {
        let name = String(match.2)
        if match.1 == "TYPE" {
          guard types[name] == nil, ["gauge", "counter"].contains(match.3), helps.contains(name) else {
            throw Wrong(line: line)
          }
          types[name] = match.3
          order.append(name)
        } else {
          guard helps.insert(name).inserted else { throw Wrong(line: line) }
        }
        continue
      }
      guard
        let match = line.wholeMatch(
          of:
            /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)/
        ),
        let value = Double(match.3)
      else { throw Wrong(line: line) }
      // Samples of a family stand together, behind its type.
      guard String(match.1) == order.last else { throw Wrong(line: line) }
      var labels: [String: String] = [:]
      for label in (match.2 ?? "").matches(of: /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/) {
        labels[String(label.1)] = String(label.2)
      }
      samples.append(Sample(name: String(match.1), labels: labels, value: value))
    }
    for name in order where types[name] == "counter" { #expect(name.hasSuffix("_total")) }
    for name in order {
      #expect(name.hasPrefix("hubwatch_") && (types[name] == "counter" || !name.hasSuffix("_total")))
    }
    return samples
  }

  private func text() throws -> String {
    let answer = try Rooms().site().answer(try request("/metrics"))
    #expect(answer.status == .ok && answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
    return answer.text
  }

  @Test func everythingIsCounted() throws {
    let samples = try parsed(text())
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
      samples.first { $0.name == name && $0.labels == labels }?.value
    }
    for state in RepoState.allCases {
      let count = Rooms.names.filter { $0.1 == state }.count
      #expect(value("hubwatch_models", ["state": state.rawValue]) == Double(count), "\(state)")
    }
    #expect(value("hubwatch_copies", ["state": "tested"]) == 1 && value("hubwatch_copies", ["state": "lost"]) == 0)
    #expect(value("hubwatch_smoke_tests_total", ["verdict": "pass"]) == 1)
    #expect(value("hubwatch_cycles_total") == 1 && value("hubwatch_last_cycle_duration_seconds") == 1200)
    #expect(
      value("hubwatch_last_cycle_success") == 0 && value("hubwatch_healthy") == 0 && value("hubwatch_troubles") == 1)
    #expect(value("hubwatch_last_poll_news_timestamp_seconds") == Double(1_799_992_900))
    #expect(value("hubwatch_disk_quota_bytes") == 200e9 && value("hubwatch_tools_silent") == 1)
    #expect(try #require(value("hubwatch_download_arrived_bytes")) > 1e9)
    #expect(value("hubwatch_build_info", ["version": "1.0"]) == 1)
  }

  @Test func labelsAreEscaped() throws {
    let site = try Rooms().site { $0 == "1.0" ? "a\"b\\c\nd} 5" : $0 }
    let text = site.answer(try request("/metrics")).text
    #expect(text.contains(#"{version="a\"b\\c\nd} 5"} 1"#))
    #expect(try parsed(text).first { $0.name == "hubwatch_build_info" }?.labels["version"] == #"a\"b\\c\nd} 5"#)
  }

  private static let hasClient = SharedData.python != nil

  @Test(.enabled(if: hasClient, "needs a Python with prometheus_client (make python)"))
  func prometheusOwnClientReadsIt() async throws {
    let folder = try TemporaryFolder()
    try text().write(toFile: "\(folder.path)/metrics", atomically: true, encoding: .utf8)
    let program = """
      import sys
      from prometheus_client.parser import text_string_to_metric_families as read
      families = {f.name: f for f in read(open(sys.argv[1]).read())}
      print(len(families), float(sum(s.value for s in families["hubwatch_models"].samples)), families["hubwatch_cycles"].type)
      """
    let outcome = try await Program(path: try #require(SharedData.python))
      .run(["-c", program, "\(folder.path)/metrics"], environment: [:])
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.output.hasSuffix(" 8.0 counter\n"), "\(outcome.output)")
  }
}
