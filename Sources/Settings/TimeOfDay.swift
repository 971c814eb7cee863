/// A time of the day, on the clock on the wall.
public struct TimeOfDay: Sendable, Equatable, LosslessStringConvertible {
  /// Minutes since midnight, 0 … 1439.
  public let minute: Int

  /// A time of valid parts.
  init(hour: Int, minute: Int) { self.minute = hour * 60 + minute }

  /// `07:00`; nil for what is no time of the day.
  public init?(_ text: String) {
    guard let match = text.wholeMatch(of: /([0-9]{1,2}):([0-9]{2})/), let hour = Int(match.1), hour < 24,
      let minute = Int(match.2), minute < 60
    else { return nil }
    self.init(hour: hour, minute: minute)
  }

  /// `07:00`
  public var description: String {
    func digits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(digits(minute / 60)):\(digits(minute % 60))"
  }
}
