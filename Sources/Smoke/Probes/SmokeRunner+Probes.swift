import Domain

extension SmokeRunner {
  /// Seconds that the process may take beyond its budget before it is given up: the answer under way ends first.
  private static let grace = 120

  /// Seconds after which asking is given up.
  public static func longestProbing(budgetSeconds: Int) -> Int { min(budgetSeconds + grace, 86_400) }

  /// Asks a model the questions of a suite, in a process of its own.
  ///
  /// - Parameters:
  ///   - path: a file or folder.
  ///   - suite: the questions, the most telling first.
  ///   - budgetSeconds: time after which nothing new is asked.
  /// - Returns: a result a probe; what could not be asked says why. A process that died is told in `trouble`.
  /// - Throws: `SmokeError` when no process can be asked; `CancellationError`.
  public func probe(_ path: String, _ suite: [Probe], budgetSeconds: Int) async throws -> ProbeReport {
    var request = request(.probes, path: path)
    request.probes = suite
    request.probeSeconds = budgetSeconds
    request.timeoutSeconds = Self.longestProbing(budgetSeconds: budgetSeconds)
    switch try await ask(request, as: ProbeReport.self) {
    case .answer(let report): return report.within(suite)
    case .mishap(let mishap): return ProbeReport(suite, trouble: mishap.words)
    }
  }
}
