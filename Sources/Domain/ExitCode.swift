/// The exit codes of the command line: the part of the contract that scripts rely on.
public enum ExitCode: Int32, Sendable {
  /// Done, also when there was nothing to do.
  case done = 0
  /// The work failed: a verdict other than pass, a model unknown, gated or gone, not verified, no space.
  case failed = 1
  /// The command line was wrong (EX_USAGE).
  case usage = 64
  /// The input is not what it claims to be (EX_DATAERR).
  case badInput = 65
  /// The hub cannot be reached (EX_UNAVAILABLE).
  case hubUnreachable = 69
  /// Another hubwatch holds the state (EX_TEMPFAIL).
  case busy = 75
  /// Configuration or state unusable (EX_CONFIG).
  case unusableSetup = 78
}
