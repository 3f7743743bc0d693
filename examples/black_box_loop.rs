//! Derivatives of a program that decides by its numbers: a ball that flies, bounces off the ground and comes to rest,
//! after as many steps as that takes.

use retrograd::scalar::{Dual, Scalar, derivative, gradient, taylor};

/// How far a ball has come when it has lost its speed, thrown at an angle with a speed, when bounces keep a part of it.
fn distance<R: Scalar>(angle: R, speed: R, kept: R) -> R {
    const GRAVITY: f64 = 9.81;
    let (mut across, mut up) = (speed * angle.cos(), speed * angle.sin());
    let mut x = R::from(0.0);
    while up > 0.1 {
        let time = up * (2.0 / GRAVITY);
        // Air takes a part of the speed, except of slow balls.
        if across > 2.0 {
            across -= across.square() * time * 0.01;
        }
        x += across * time;
        up *= kept;
    }
    x
}

fn main() {
    let [angle, speed, kept] = [0.7, 20.0, 0.6];
    println!("distance: {:.6}", distance(angle, speed, kept));

    // The slopes by all three, backwards on a tape.
    let slopes = gradient(|x| distance(x[0], x[1], x[2]), &[angle, speed, kept]);
    println!("slopes: {slopes:.6?}");

    // The slope by the angle alone, forwards.
    let along = |angle| distance(angle, speed.into(), kept.into());
    println!("by the angle, forwards: {:.6}", derivative(along, angle));

    // The best angle is where the slope is 0: Newton's method, with the second derivative as the slope of a slope.
    let slope = |angle: Dual| {
        let moving = Dual::variable(angle);
        distance(moving, Dual::from(speed), Dual::from(kept)).tangents[0]
    };
    let mut best = angle;
    for _ in 0..20 {
        let value_and_slope = slope(Dual::variable(best));
        best -= value_and_slope.value / value_and_slope.tangents[0];
    }
    println!("best angle: {best:.6}, slope {:.1e}", derivative(along, best));

    // The curve about it, to fourth order.
    let curve = taylor::<5>(|angle| distance(angle, speed.into(), kept.into()), best);
    println!("about it: {curve:.3?}");
}
