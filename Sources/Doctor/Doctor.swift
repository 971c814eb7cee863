/// What is wrong with this set-up, and how to mend it: facts only, in the form of `doctor --json`.
public struct DoctorReport: Sendable, Encodable {
  /// The form.
  public let schema = "hubwatch.doctor/1"
  /// Names of the checks that were made.
  public var checks: [String]
  /// What they found, the worst first.
  public var findings: [Finding]

  /// Whether nothing is wrong; hints are allowed.
  public var isWell: Bool { !findings.contains { $0.severity == .trouble } }

  private enum CodingKeys: String, CodingKey { case schema, checks, findings }

  /// Looks at everything, and changes nothing.
  public init(_ surroundings: Surroundings) async {
    let setup = Setup(surroundings)
    checks = Checks.all.map(\.name)
    var found: [Finding] = []
    for check in Checks.all {
      for var finding in await check.look(at: setup) {
        finding.check = check.name
        found.append(finding)
      }
    }
    findings = found.filter { $0.severity == .trouble } + found.filter { $0.severity == .hint }
  }
}
